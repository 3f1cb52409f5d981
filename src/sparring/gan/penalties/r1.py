"""A flat score where the data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sparring.gan.penalties.base import Penalty, check_fields, squared_length
from sparring.types import Images, Scores


@dataclass(frozen=True)
class R1(Penalty):
    """Pull the slope of the score at real images to zero: (γ / 2) ‖∇ₓ D(x)‖².

    Fields:
        gamma: γ > 0, for images in [0, 1]; what a paper calls γ for images in [−1, 1] is 4 of it.
        every: ≥ 1; the penalty is asked for in every so many turns, times `every` (G16).

    Shapes: slopes (n, *chw) → (n,).

    Cost: one backward that is itself differentiated; the forward is the one that made the score.

    Source: Mescheder, Geiger and Nowozin 2018, arXiv 1801.04406, eq. 9; `every`: Karras et al. 2020, arXiv 1912.04958,
    section 3.1. **Differs**: lazily, it is added to the loss of its turn and not stepped on its own, so that Adam's
    settings stay.

    >>> import torch
    >>> R1(gamma=2).of(torch.tensor([[3.0, 4.0]])).item()
    25.0
    """

    cites = ("mescheder2018", "karras2020")
    at: ClassVar[Literal["real", "fake", "between"]] = "real"
    gamma: float = 1.0
    every: int = 1

    def __post_init__(self) -> None:
        check_fields(self, self.every, gamma=self.gamma)

    def of(self, slope: Images) -> Scores:
        """Return (γ / 2) ‖∇‖²."""
        return self.gamma / 2 * squared_length(slope)
