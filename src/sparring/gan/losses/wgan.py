"""The distance of earth moving, as seen by a critic whose slope is held in bounds by something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.losses.base import GanLoss
from sparring.types import Scores


@dataclass(frozen=True)
class Wgan(GanLoss):
    """The critic makes E s − E s' large, which is the Wasserstein distance where its slope is at most 1.

    L_D = s' − s, L_G = −s'. Something has to bound the critic: `weight_clipping`, `wgan_gp`, `spectral_norm`.

    Shapes: scores (n,), (n,) → (n,).

    Cost: none worth telling.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, eq. 2 and algorithm 1. **Differs**: nothing.

    >>> import torch
    >>> Wgan().discriminator(torch.tensor([3.0]), torch.tensor([1.0])).item()
    -2.0
    """

    cites = ("arjovsky2017",)
    zero_sum: ClassVar[bool] = True

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return s' − s."""
        return fake - real

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return −s'."""
        return -fake
