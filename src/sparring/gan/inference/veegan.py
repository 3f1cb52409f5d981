"""A net that finds codes again, and with it a generator that must not map two codes to one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from sparring.gan.inference._nets import Encoder, JointDiscriminator
from sparring.gan.inference.base import Inference, Made, check_numbers, encoder_of
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Nets
from sparring.types import Scores


@dataclass(frozen=True)
class Veegan(Inference):
    """G wants D to take its pairs for (x, F(x)), and F to find z again in G(z); F is trained on that alone.

    L_G,F = E_z[log p(G(z), z) / q(G(z), z)] + λ E ‖z − F(G(z))‖², the ratio of densities of made pairs (G(z), z) to
    pairs (x, F(x)), which is minus the score of D. A code that is not found again, as where many codes give one image,
    costs G; so F's own images of real data cover the codes.

    Fields:
        weight: λ > 0.
        width: ≥ 1, units of the layers in which image and code meet.

    Shapes: images (n, *shape), codes (n, latent). Figure: `rebuilt`, the mean of ‖z − F(G(z))‖².

    Raises: InputError for a loss whose scores are no log ratios.

    Cost: in the discriminator's turn one forward of F more; in the generator's one forward and backward of F.

    Source: Srivastava et al. 2017, arXiv 1705.07761, eq. 3 and 4 and algorithm 1. **Differs**: F is the family's
    discriminator with another head and has no noise; image and code meet in one hidden layer.

    >>> import torch
    >>> from sparring.registry import parse
    >>> Veegan().scores_loss(parse("minimax"), torch.zeros(1), torch.tensor([0.7])).item() < 0
    True
    """

    cites = ("srivastava2017",)
    joint: ClassVar[bool] = True
    ratio: ClassVar[bool] = True
    weight: float = 1.0
    width: int = 256

    def __post_init__(self) -> None:
        check_numbers(self, width=self.width, weight=self.weight)

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Give the generator the net that finds codes, and the discriminator an input for them."""
        generator.inference = Encoder(nets.discriminator(generator.shape), generator.latent)
        return generator, JointDiscriminator(discriminator, generator.latent, self.width)

    def scores_loss(self, loss: GanLoss, real: Scores, fake: Scores) -> Scores:
        """Return the log ratio of made pairs."""
        return -fake

    def extra(self, made: Made) -> Tensor | None:
        """Return how far codes are from those that are found."""
        finder = encoder_of(made.generator)
        assert finder is not None
        error: Tensor = (made.z - finder(made.images).float()).square().sum(1).mean()
        made.moment.figures["rebuilt"] = error.detach()
        return self.weight * error
