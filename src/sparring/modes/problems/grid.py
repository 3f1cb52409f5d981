"""Twenty-five modes on a square grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.modes.problems._mixture import Mixture


@dataclass(frozen=True)
class Grid(Mixture):
    """25 normal modes at {−4, −2, 0, 2, 4}², σ = 0.05 in each coordinate.

    The box is [−6, 6]². High quality is within 3σ of the nearest center, as 98.9 % of real samples are.

    Shapes: samples (n, 2).

    Source: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086, section 4.1; Srivastava et al. 2017, arXiv 1705.07761.
    **Differs**: nothing.

    >>> Grid().modes, Grid().centers()[:2].tolist()
    (25, [[-4.0, -4.0], [-4.0, -2.0]])
    """

    cites = ("lin2018", "srivastava2017")
    sd: ClassVar[float] = 0.05
    half: ClassVar[float] = 6.0

    def centers(self) -> Tensor:
        """Return the 25 points."""
        line = torch.arange(-4, 5, 2, dtype=torch.float64)
        return torch.cartesian_prod(line, line)
