"""The first GAN's game: one value, which one player wants large and the other small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.losses.base import GanLoss, check_smoothing, surprise
from sparring.types import Scores


@dataclass(frozen=True)
class Minimax(GanLoss):
    """Both play for the same value, log D(x) + log(1 − D(G(z))) with D = σ(s): G's slope dies where D is sure.

    L_D = −α log σ(s) − (1 − α) log(1 − σ(s)) − log(1 − σ(s')), L_G = log(1 − σ(s')); s' of generated images.

    Fields: `smoothing` in [0, 0.5): real targets are α = 1 − smoothing. Generated ones are 0, always (G17).

    Shapes: scores (n,), (n,) → (n,).

    Cost: none worth telling.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, eq. 1; smoothing: Salimans et al. 2016, arXiv 1606.03498,
    section 3.4. **Differs**: nothing. The best D for densities p and q is α p / (p + q).

    >>> import torch
    >>> Minimax().generator(torch.zeros(1), torch.tensor([-30.0])).item() > -1e-12
    True
    """

    cites = ("goodfellow2014", "salimans2016")
    middle: ClassVar[float | None] = 0.0
    zero_sum: ClassVar[bool] = True
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self, self.smoothing)

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return −α log σ(s) − (1 − α) log σ(−s) − log σ(−s')."""
        return surprise(real) + self.smoothing * real + surprise(-fake)

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return log σ(−s')."""
        return -surprise(-fake)
