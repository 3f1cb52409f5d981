"""Least squares: scores are drawn to 1 and 0, and what is right by far is drawn back as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.errors import InputError
from sparring.gan.losses.base import GanLoss, check_smoothing
from sparring.types import Scores


@dataclass(frozen=True)
class Lsgan(GanLoss):
    """Squares in place of logarithms: no slope dies however sure the discriminator is.

    L_D = ½ (s − 1)² + ½ s'², L_G = ½ (s' − c)².

    Fields:
        goal: c, what the generator wants its images to be scored as: 1, as real ones are; ½ is where the discriminator
            cannot tell, and makes the pair minimize Pearson's χ² (a = −1, b = 1, c = 0 in the paper, by another scale).
        smoothing: in [0, 0.5): the target of real images is 1 − smoothing, that of generated ones 0, always (G17).

    Shapes: scores (n,), (n,) → (n,).

    Cost: none worth telling.

    Source: Mao et al. 2017, arXiv 1611.04076, eq. 2 and 9. **Differs**: smoothing is ours to add.

    >>> import torch
    >>> Lsgan().discriminator(torch.tensor([2.0]), torch.tensor([-1.0])).item()
    1.0
    """

    cites = ("mao2017",)
    middle: ClassVar[float | None] = 0.5
    goal: float = 1.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_smoothing(self, self.smoothing)
        if not 0 < self.goal <= 1:
            raise InputError(f"expected goal of lsgan in (0, 1], got {self.goal}")

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return ½ (s − b)² + ½ s'², b = 1 − smoothing."""
        return ((real - (1 - self.smoothing)) ** 2 + fake**2) / 2

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return ½ (s' − c)²."""
        return (fake - self.goal) ** 2 / 2
