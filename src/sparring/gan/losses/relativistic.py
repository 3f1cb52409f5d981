"""Pairs: a real image has to look more real than the generated one beside it, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.losses.base import GanLoss, surprise
from sparring.types import Scores


@dataclass(frozen=True)
class Relativistic(GanLoss):
    """Each generated image is judged against a real one, so that there is no place where all of them get away (RpGAN).

    L_D = −log σ(s − s'), L_G = −log σ(s' − s), over pairs: each loss is the other with its arguments swapped (G20).

    Shapes: scores (n,), (n,) → (n,).

    Cost: in the generator's turn one forward of the discriminator more, on the real images.

    Source: Jolicoeur-Martineau 2019, arXiv 1807.00734, eq. 7 and 8; Huang et al. 2024, arXiv 2501.05441, eq. 2.
    **Differs**: nothing.

    >>> import torch
    >>> loss, real, fake = Relativistic(), torch.tensor([1.0]), torch.tensor([3.0])
    >>> bool(loss.generator(real, fake) == loss.discriminator(fake, real))
    True
    """

    cites = ("jolicoeur2019", "huang2024")
    needs_real: ClassVar[bool] = True

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return −log σ(s − s')."""
        return surprise(real - fake)

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return −log σ(s' − s)."""
        return surprise(fake - real)
