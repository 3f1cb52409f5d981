"""An encoder that plays beside the generator: images with their codes are to look alike, whoever made the pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.inference._nets import Encoder, JointDiscriminator
from sparring.gan.inference.base import Inference, check_numbers
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Nets
from sparring.types import Scores


@dataclass(frozen=True)
class Ali(Inference):
    """D tells (x, E(x)) from (G(z), z); G and E, on one side, want each pair taken for the other's (ALI, BiGAN).

    L_D = that of the loss, s = D(x, E(x)), s' = D(G(z), z); L_GE = L_G(s') + L_G(2m − s), m the middle of scores: for
    the logistic loss −log σ(s') − log σ(−s). Of a loss that looks at both, L_G(s, s') once. Where D is optimal and
    the game is won, E is the posterior q(z|x) of codes.

    Fields:
        gaussian: whether E(x) = μ(x) + σ(x) ε, as in ALI; or one code an image, as in BiGAN.
        width: ≥ 1, units of the layers in which image and code meet.

    Shapes: images (n, *shape), codes (n, latent).

    Cost: in the discriminator's turn one forward of the encoder more; in the generator's one forward and backward of
    the encoder, and another of the discriminator.

    Source: Dumoulin et al. 2017, arXiv 1606.00704, algorithm 1; Donahue, Krähenbühl and Darrell 2017, arXiv 1605.09782,
    section 3. **Differs**: any loss; the encoder is the family's discriminator with another head; log σ(x) is kept
    within ±3; image and code meet in one hidden layer, and D has no dropout and no maxout.

    >>> import torch
    >>> from sparring.registry import parse
    >>> Ali().scores_loss(parse("wgan"), torch.tensor([3.0]), torch.tensor([1.0])).item()
    2.0
    """

    cites = ("dumoulin2017", "donahue2017")
    joint: ClassVar[bool] = True
    answers: ClassVar[bool] = True
    gaussian: bool = True
    width: int = 256

    def __post_init__(self) -> None:
        check_numbers(self, width=self.width)

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Give the generator an encoder, and the discriminator an input for codes."""
        latent = generator.latent
        generator.inference = Encoder(nets.discriminator(generator.shape), latent, gaussian=self.gaussian)
        return generator, JointDiscriminator(discriminator, latent, self.width)

    def scores_loss(self, loss: GanLoss, real: Scores, fake: Scores) -> Scores:
        """Return the generator's loss, and the same at scores mirrored at their middle for the encoder."""
        own = loss.generator(real, fake)
        if loss.needs_real:
            return own
        middle = loss.middle or 0.0
        return own + loss.generator(2 * middle - fake, 2 * middle - real)
