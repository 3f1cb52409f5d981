"""The two networks of a GAN around any body: classes, references, heads; and the units that build such pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan._packs import packed_shape
from sparring.registry import Unit
from sparring.types import Images, Labels, Logits, Scores

EMBEDDED = 16
"""How many numbers a class is told to the generator in."""


class Generator(nn.Module):
    """Codes (n, latent), and classes (n,) where it is conditional, → images (n, *shape) in [0, 1].

    `body` goes from codes, with an embedding of the class beside them, to numbers of the shape; (tanh + 1) / 2 of those
    are the image. In eval mode a code gives the same image alone and in any batch (G21). `reference` are codes that go
    through before the batch, for layers that compare with them; see `virtual_batch_norm`. `inference` is a net that
    moves with the generator, such as one from images to codes; see the units of that kind.
    """

    def __init__(self, body: nn.Module, shape: tuple[int, ...], latent: int, classes: int = 0) -> None:
        super().__init__()
        self.body, self.shape, self.latent, self.classes = body, tuple(shape), latent, classes
        self.embed = nn.Embedding(classes, EMBEDDED) if classes else None
        self.inference: nn.Module | None = None
        self.register_buffer("reference", None)
        self.register_buffer("reference_labels", None)

    def forward(self, z: Tensor, y: Labels | None = None) -> Images:
        """Return the images of codes."""
        shown = 0
        if self.reference is not None:
            shown = len(cast(Tensor, self.reference))
            z = torch.cat([cast(Tensor, self.reference), z])
            y = None if y is None else torch.cat([cast(Tensor, self.reference_labels), y])
        if self.embed is not None:
            if y is None:
                raise InputError(f"expected a class for each code of a generator of {self.classes} classes, got none")
            z = torch.cat([z, self.embed(y)], 1)
        images: Images = (self.body(z).view(-1, *self.shape).tanh() + 1) / 2
        return images[shown:]


class Judgement(NamedTuple):
    """What a discriminator says of images: scores (n,), class logits (n, k) or None, and features (n, d)."""

    scores: Scores
    logits: Logits | None
    features: Tensor


class Discriminator(nn.Module):
    """Images (n, *shape) in [0, 1] → scores (n,), higher for more real.

    `body` goes from images in [−1, 1] to features (n, width); `mixers` may add to them what a batch says of itself;
    linear heads give the score and, where it is conditional, the logits of the class. `reference` are images that go
    through before the batch; see `virtual_batch_norm`. With `pack` > 1 it sees packs (n, pack c, ...); see `packing`.
    """

    def __init__(self, body: nn.Module, shape: tuple[int, ...], width: int, classes: int = 0) -> None:
        super().__init__()
        self.body, self.shape, self.width, self.classes = body, tuple(shape), width, classes
        self.pack = 1
        self.mixers = nn.Sequential()
        self.score = nn.Linear(width, 1)
        self.classify = nn.Linear(width, classes) if classes else None
        self.register_buffer("reference", None)

    @property
    def given(self) -> tuple[int, ...]:
        """The shape of a sample as it is judged: an image's, but where something stands beside it."""
        return packed_shape(self.shape, self.pack)

    @property
    def heads(self) -> list[nn.Linear]:
        """The linear layers on top: the score's, and that of classes where there are some."""
        return [head for head in (self.score, self.classify) if head is not None]

    def features(self, x: Images) -> Tensor:
        """Return features (n, width)."""
        if self.pack > 1 and tuple(x.shape[1:]) != self.given:
            raise InputError(
                f"expected packs {self.given} of {self.pack} samples, got {tuple(x.shape[1:])}: this discriminator "
                "was trained with packing, and has nothing to say of single ones"
            )
        shown = 0
        if self.reference is not None:
            shown = len(cast(Tensor, self.reference))
            x = torch.cat([cast(Tensor, self.reference).to(x.dtype), x])
        found: Tensor = self.body(2 * x - 1).flatten(1)
        return found[shown:]

    def judge(self, x: Images) -> Judgement:
        """Return scores, class logits and features in one pass."""
        features = self.features(x)
        mixed = self.mixers(features)
        return Judgement(self.score(mixed)[:, 0], None if self.classify is None else self.classify(mixed), features)

    def forward(self, x: Images) -> Scores:
        """Return scores."""
        return self.judge(x).scores

    def mix(self, mixer: nn.Module, added: int) -> None:
        """Let the heads see `added` more features, which `mixer` appends to those of a batch."""
        self.mixers.append(mixer)
        self.width += added
        for name in ("score", "classify"):
            head = getattr(self, name)
            if head is None:
                continue
            wider = nn.Linear(self.width, head.out_features)
            with torch.no_grad():
                wider.weight[:, : head.in_features] = head.weight
                wider.bias.copy_(head.bias)
            setattr(self, name, wider)


@dataclass(frozen=True)
class Nets(Unit, ABC):
    """Builds generators and discriminators that suit each other. Subclasses are final, with a field `latent`.

    Weights are drawn from torch's global generator: who builds sets its seed. `autoencodes` says that the
    discriminator is an autoencoder, its score minus the error of reconstruction. `channels_last` says that kernels, and
    with them pictures on their way through, lie in memory with the channels of a pixel side by side: the same numbers
    to rounding, in less time on a processor, but for kernels of stride 2.
    """

    kind: ClassVar[str] = "nets"
    autoencodes: ClassVar[bool] = False
    channels_last: ClassVar[bool] = False
    latent: int

    @abstractmethod
    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a fresh generator of images (*shape) in [0, 1]; of classes, where there are some."""

    @abstractmethod
    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return a fresh discriminator of images (*shape) in [0, 1]."""


class Scaled(nn.Module):
    """Numbers times a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Return the products."""
        return self.factor * x


def inputs(latent: int, classes: int) -> int:
    """Return how many numbers the body of a generator is given."""
    return latent + (EMBEDDED if classes else 0)


def image_shape(unit: Unit, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return (c, h, w), or say that these nets are for images only."""
    if len(shape) != 3:
        raise InputError(f"expected images (c, h, w) for {unit}, got samples of shape {shape}: use nets=dense()")
    return shape[0], shape[1], shape[2]


def check_sizes(unit: Unit, **fields: int) -> None:
    """Refuse sizes below 1."""
    for name, value in fields.items():
        if value < 1:
            raise InputError(f"expected {name} of {unit.name()} >= 1, got {value}")


def halvings(h: int, w: int) -> int:
    """Return how often an image is halved until its shorter side is about 4: at 28 × 28 twice, at 64 × 64 four times.

    >>> halvings(28, 28), halvings(64, 64), halvings(37, 50), halvings(3, 3)
    (2, 4, 3, 0)
    """
    times, side = 0, min(h, w)
    while side // 2 >= 4:
        times, side = times + 1, side // 2
    return times
