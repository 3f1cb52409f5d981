"""Eight modes on a circle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.modes.problems._mixture import Mixture


@dataclass(frozen=True)
class Ring(Mixture):
    """8 normal modes at equal distances on a circle of radius 1, σ = 0.01 in each coordinate.

    c_k = (cos 2πk/8, sin 2πk/8), k = 0 … 7: eight distinct centers (G31). The box is [−1.5, 1.5]². High quality is
    within 3σ of the nearest center, as 1 − e^(−9/2) = 98.9 % of real samples are.

    Shapes: samples (n, 2).

    Source: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086, section 4.1; Srivastava et al. 2017, arXiv 1705.07761.
    **Differs**: the notebook of Metz et al. 2017, arXiv 1611.02163, where the ring is from, puts its first and its last
    center in the same place.

    >>> x, modes = Ring().draw(4)
    >>> Ring().judge()(x).mode.equal(modes)
    True
    """

    cites = ("lin2018", "srivastava2017", "metz2017")
    sd: ClassVar[float] = 0.01
    half: ClassVar[float] = 1.5

    def centers(self) -> Tensor:
        """Return the eight points."""
        angles = torch.arange(8, dtype=torch.float64) * (2 * math.pi / 8)
        return torch.stack([angles.cos(), angles.sin()], 1)
