"""Ten modes in 1,200 dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.modes.problems._mixture import Mixture

PLACES = (-1.0, -0.5, 0.0, 0.5, -2.0, -2.5, 10.0, 0.25, -13.0, -5.5)


@dataclass(frozen=True)
class Diagonal(Mixture):
    """10 modes at c · 1 in 1,200 dimensions, with standard normal noise on the first 700 coordinates.

    c ∈ {−1, −½, 0, ½, −2, −2½, 10, ¼, −13, −5½}. The box is [−20, 20]^1200. A real sample is √700 = 26.5 away from its
    center, give or take 0.7. The papers' high quality is "within 10 standard deviations", which no real sample is. Here
    it is within √700 + 3/√2, as 99.9 % of real samples are. That is one-sided: a sample without any noise passes too,
    so the spread beside it has to be read.

    Shapes: samples (n, 1200).

    Source: Srivastava et al. 2017, arXiv 1705.07761, section 5; the centers and the noise are those of the code of Lin,
    Khetan, Fanti and Oh 2018, arXiv 1712.04086. **Differs**: a second rule of high quality; 20,000 training samples.

    >>> placed = Diagonal().judge()(Diagonal().draw(1000)[0])
    >>> placed.good.double().mean().item() > 0.99, int(placed.published.sum())
    (True, 0)
    """

    cites = ("srivastava2017", "lin2018")
    training: ClassVar[int] = 20_000
    sd: ClassVar[float] = 1.0
    half: ClassVar[float] = 20.0
    noisy: ClassVar[int] = 700
    limit: ClassVar[float] = math.sqrt(700) + 3 / math.sqrt(2)
    published: ClassVar[float | None] = 10.0

    def centers(self) -> Tensor:
        """Return the ten points."""
        return torch.tensor(PLACES, dtype=torch.float64)[:, None].expand(-1, 1200).clone()
