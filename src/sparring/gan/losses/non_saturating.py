"""The loss that most GANs are trained with: the generator wants to be taken for real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.losses.base import GanLoss, check_smoothing, surprise
from sparring.types import Scores


@dataclass(frozen=True)
class NonSaturating(GanLoss):
    """The generator makes log D(G(z)) large, whose slope is full exactly where the discriminator is sure (G18).

    L_D as in `minimax`; L_G = −log σ(s').

    Fields: `smoothing` in [0, 0.5): real targets are 1 − smoothing. Generated ones are 0, always (G17).

    Shapes: scores (n,), (n,) → (n,).

    Cost: none worth telling.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, section 3; smoothing: Salimans et al. 2016, arXiv 1606.03498,
    section 3.4. **Differs**: nothing.

    >>> import torch
    >>> NonSaturating().generator(torch.zeros(1), torch.tensor([-30.0])).item()
    30.0
    """

    cites = ("goodfellow2014", "salimans2016")
    middle: ClassVar[float | None] = 0.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self, self.smoothing)

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return −α log σ(s) − (1 − α) log σ(−s) − log σ(−s')."""
        return surprise(real) + self.smoothing * real + surprise(-fake)

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return −log σ(s')."""
        return surprise(fake)
