"""No defense at all: what every other one is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from torch.nn import functional as F

from sparring.defenses._round import Round
from sparring.defenses.base import Defense
from sparring.errors import InputError
from sparring.types import Scores


@dataclass(frozen=True)
class Standard(Defense):
    """Train on clean images alone: the mean of L(z(x) / T, y), cross-entropy.

    Fields:
        temperature: T > 0; 1 is ordinary training, more is what a teacher of distillation learns at.

    Cost: 1 forward and 1 backward a sample.

    Source: Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572, whose baseline it is. **Differs**: nothing.

    >>> from sparring.registry import parse
    >>> parse("standard").replays
    1
    """

    cites = ("goodfellow2015",)

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise InputError(f"expected temperature of standard > 0, got {self.temperature}")

    def loss(self, play: Round) -> Scores:
        """Return L(z(x) / T, y)."""
        return F.cross_entropy(play.net(play.x) / self.temperature, play.y, reduction="none")
