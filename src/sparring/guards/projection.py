"""Defense-GAN: an image is replaced by the nearest one that a generator can make, and refused if that is far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.data._code import call, find_in_code
from sparring.errors import InputError
from sparring.guards._projector import LinearGenerator, principal_components, project
from sparring.guards._rejecting import Rejecting, inside
from sparring.guards._transform import straight_through
from sparring.guards.base import Guard
from sparring.types import Images, Logits, Scores

NEVER = 1e6
"""A threshold that no mean squared distance in [0, 1] reaches."""


@dataclass(frozen=True)
class Projection(Guard):
    """Show the classifier the nearest image that a generator can make, and refuse what is far from it.

    x → G(z*), z* = argmin_z ‖G(z) − x‖², by `steps` of gradient descent from each of `restarts` random z ~ N(0, I).
    Refused where ‖G(z*) − x‖² / d is above a threshold fixed on clean images.

    Fields:
        generator: FILE.py:function that returns a generator, an nn.Module z (n, latent) → images (n, *chw) in [0, 1];
            "" is the linear generator, the principal components of the training images.
        latent: the length of z.
        steps: L, steps of each descent, ≥ 1.
        restarts: R, descents an image, ≥ 1.
        lr: rate of the first step, in units of z; it falls to 0.
        false_alarms: share of clean images that may be refused, in (0, 1); 0 refuses none.

    Shapes: (n, *chw) → (n, k + 1), the last for a refusal.
    Raises: InputError for what is no generator of such images.
    Cost: 1 pass of the net, and R · (2 L + 1) passes of the generator an image; `fit` takes them for each calibration
    image, and a singular value decomposition of at most 5,000 training images for the linear generator.
    Source: Samangouei, Kabkab and Chellappa 2018, arXiv 1805.06605, eq. 5.
    **Differs**: Adam under half a cosine, where the paper has momentum with a rate to be tuned for each generator.
    Starts come from the pixels and a seed, so an image has one answer. The projection's slope is taken for the
    identity (BPDA), which is how it was broken: a gradient through the descent would be hidden, not small. Without a
    generator the manifold is a plane.

    >>> data = Dataset(torch.rand(60, 8), torch.arange(60) % 3)
    >>> guarded = Projection(latent=3, steps=20, restarts=1).fit(nn.Linear(8, 3), data, data)
    >>> guarded(data.images([0, 1])).shape
    torch.Size([2, 4])
    """

    cites = ("samangouei2018", "athalye2018")
    rejects = True
    claimed = (
        "Samangouei et al. 2018: projecting onto a GAN's images undoes attacks of any kind, and finds them as well"
    )
    fallacy = (
        "the generator makes adversarial images too, and its steps only hide the gradient: Athalye et al. 2018 take "
        "the projection for the identity and bring it to 55 % on MNIST"
    )

    generator: str = ""
    latent: int = 20
    steps: int = 100
    restarts: int = 2
    lr: float = 0.5
    false_alarms: float = 0.05

    def __post_init__(self) -> None:
        if min(self.latent, self.steps, self.restarts) < 1 or not self.lr > 0:
            raise InputError(
                f"expected latent, steps and restarts >= 1 and lr > 0 of projection, got {self.latent}, {self.steps}, "
                f"{self.restarts} and {self.lr}"
            )
        if not 0 <= self.false_alarms < 1:
            raise InputError(f"expected false_alarms of projection in [0, 1), got {self.false_alarms}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the net behind the projection; the calibration images fix the threshold."""
        generator = (
            named_generator(self.generator) if self.generator else principal_components(train, self.latent, seed)
        )
        return self.around(net, generator, calibration, seed=seed)

    def around(self, net: nn.Module, generator: nn.Module, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the net behind the projection onto a generator's images, whichever the fields name."""
        guarded = Projected(net, generator, self, seed)
        if self.false_alarms == 0:
            guarded.threshold.fill_(NEVER)
            return guarded
        return guarded.calibrate(calibration, self.false_alarms)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded net with the linear generator, threshold, seed and weights of the state.

        Raises: InputError where the generator is a function in a file: no state decides which code runs.
        """
        if self.generator:
            raise InputError(
                f"expected a guard that its state restores, got {self}, whose generator is code: build the generator "
                "and hand it to Projection.restore_around(net, generator, state)"
            )
        linear = LinearGenerator(state["generator.mean"].clone(), state["generator.basis"].clone())
        return self.restore_around(net, linear, state)

    def restore_around(self, net: nn.Module, generator: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded net with the weights of the state, those of the generator among them."""
        guarded = Projected(net, generator, self, 0)
        guarded.load_state_dict(dict(state))
        return guarded


class Projected(Rejecting):
    """A net that sees the nearest image of a generator; its score is how far that is."""

    seed: Tensor

    def __init__(self, net: nn.Module, generator: nn.Module, how: Projection, seed: int) -> None:
        super().__init__(inside(net))
        self.generator, self.how = inside(generator), how
        self.register_buffer("seed", torch.tensor(seed))
        self.eval()

    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return the logits (n, k) of the nearest images, and their mean squared distances (n,)."""
        nearest = straight_through(x, self.nearest(x))
        logits: Logits = self.net(nearest)
        # The distance has a slope of its own: 2 (x − G(z*)) / d, as z* is where it does not change with z.
        return logits, (x - nearest.detach()).square().flatten(1).mean(1)

    def nearest(self, x: Images) -> Images:
        """Return G(z*), (n, *chw)."""
        how = self.how
        return project(
            self.generator, x, latent=how.latent, steps=how.steps, restarts=how.restarts, lr=how.lr, seed=int(self.seed)
        )[0]


def named_generator(text: str) -> nn.Module:
    """Return the generator that FILE.py:name or package.module:name is, or makes.

    Raises: InputError for what is none.
    """
    value = find_in_code(text).value
    if not isinstance(value, nn.Module) and callable(value):
        value = call(value, text)
    if not isinstance(value, nn.Module):
        raise InputError(f"expected a generator as an nn.Module from {text}, got {type(value).__name__}")
    return value
