"""One number a sample, of a known density: the data of a game that fits into one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.data.base import DataUnit, every_fifth

SAMPLES = 20_000
PARTS = ((0.4, 0.32, 0.06), (0.6, 0.68, 0.08))
"""Share, mean and standard deviation of each normal part."""


@dataclass(frozen=True)
class Toy1d(DataUnit):
    """20,000 numbers from two normal distributions, for a GAN whose every move can be drawn: `toy1d[:train|:test]`.

    p(x) = Σ wᵢ N(x; μᵢ, σᵢ²) with w = 0.4 and 0.6, μ = 0.32 and 0.68, σ = 0.06 and 0.08; `density` gives p. Less than
    1 in 10,000 of it lies outside [0, 1]; a number drawn there becomes 0 or 1.

    Shapes: pixels (n, 1) float32; labels (n,), which of the two a number is from.
    Source: made here, after figure 1 of Goodfellow et al. 2014, arXiv 1406.2661.
    Differs: two bumps, where the figure has one. No official split; index % 5 == 4 is test (4,000), the rest train.

    >>> Toy1d().load("test")
    Dataset(toy1d:test: 4000 x 1 float32, 2 classes)
    """

    cites = ("goodfellow2014",)
    default: ClassVar[str | None] = "train"

    def read(self, split: str | None) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Return numbers, parts and their names."""
        generator = torch.Generator().manual_seed(0)
        labels = (torch.rand(SAMPLES, generator=generator) >= PARTS[0][0]).long()
        means, spreads = (torch.tensor([part[place] for part in PARTS]) for place in (1, 2))
        numbers = means[labels] + spreads[labels] * torch.randn(SAMPLES, generator=generator)
        values, labels = every_fifth(numbers.clamp(0, 1)[:, None], labels, split)
        return values, labels, ("left", "right")

    def density(self, x: Tensor) -> Tensor:
        """Return p at each number, of the shape of `x`.

        >>> [round(each, 2) for each in Toy1d().density(torch.tensor([0.0, 0.32, 0.5, 0.68])).tolist()]
        [0.0, 2.66, 0.27, 2.99]
        """
        bumps = [w / (s * math.sqrt(2 * math.pi)) * torch.exp(-(((x - m) / s) ** 2) / 2) for w, m, s in PARTS]
        return torch.stack(bumps).sum(0)
