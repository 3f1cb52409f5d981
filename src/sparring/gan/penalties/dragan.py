"""A slope of 1 around the data, which tames a game that is not one of distances."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.gan._moment import Moment, standard_deviation
from sparring.gan.penalties.base import Penalty, beside, check_fields
from sparring.types import Images, Scores


@dataclass(frozen=True)
class Dragan(Penalty):
    """Pull the length of the slope to 1 near real images: λ (‖∇ D(x + a c σ u)‖ − 1)².

    σ is the standard deviation of the batch's pixels, u uniform in [0, 1] a pixel, a uniform in [0, 1] an image.

    Fields:
        weight: λ > 0.
        spread: c > 0, how far around the data, in their standard deviation.
        every: ≥ 1; the penalty is asked for in every so many turns, times `every` (G16).

    Shapes: slopes (n, *chw) → (n,), each image by itself (G13).

    Cost: one forward, and one backward that is itself differentiated.

    Source: Kodali et al. 2017, arXiv 1705.07215, eq. 4 and algorithm 1; noise as in the authors' code. **Differs**: the
    discriminator has to do without batch norm, under which no single image has a slope (G14).

    >>> import torch
    >>> Dragan().of(torch.tensor([[0.6, 0.8], [0.0, 0.0]])).round(decimals=5).tolist()
    [0.0, 10.0]
    """

    cites = ("kodali2017",)
    weight: float = 10.0
    spread: float = 0.5
    every: int = 1

    def __post_init__(self) -> None:
        check_fields(self, self.every, weight=self.weight, spread=self.spread)

    def of(self, slope: Images) -> Scores:
        """Return λ (‖∇‖ − 1)²."""
        length: Scores = torch.linalg.vector_norm(slope.flatten(1), dim=1)
        return self.weight * (length - 1) ** 2

    def points(self, real: Images, fake: Images, moment: Moment) -> Images:
        """Return x + a c σ u."""
        streams = moment.streams("dragan")
        u = streams.uniform(tuple(real.shape[1:]), real.dtype)
        a = beside(streams.uniform((), real.dtype), real)
        return real + a * self.spread * standard_deviation(real, moment) * u
