"""Cosines of each number: features under which the Fréchet distance sees the whole of a distribution of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.metrics.features.base import Extractor, FeatureNetwork


@dataclass(frozen=True)
class Cosines(FeatureNetwork):
    """Take cosines of each number, for data whose samples are one number or a few: two bumps are not one broad bump.

    φₖ(x) = √2 cos(πkx) / (πk), k = 1 ... `waves`. The squared distance of mean features is ∫(P − Q)² dx, P and Q the
    distribution functions, up to what is narrower than 1 / `waves`: the distance of Cramér and von Mises. Under
    `pixels` the Fréchet distance of single numbers is one of means and variances, and nothing else.

    Fields: `waves` ≥ 1.

    Shapes: (n, *chw) → (n, c·h·w·waves). Of several numbers each is looked at by itself.
    Source: Bellemare et al. 2017, arXiv 1705.10743, for the distance. **Differs**: its series of cosines on [0, 1].

    >>> x = torch.linspace(0, 1, 1001)[:, None].mul(255).to(torch.uint8)
    >>> Cosines(waves=3).load((1,)).look(x)[0].mean(0).abs().max() < 0.01
    tensor(True)
    """

    cites = ("bellemare2017",)
    waves: int = 16

    def __post_init__(self) -> None:
        if self.waves < 1:
            raise InputError(f"expected waves >= 1 of cosines, got {self.waves}")

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the cosines in float64."""
        steps = math.pi * torch.arange(1, self.waves + 1, dtype=torch.float64)

        def look(levels: Tensor) -> tuple[Tensor, None]:
            numbers = levels.flatten(1).double()[..., None] / 255
            each = steps.to(numbers.device)
            return (math.sqrt(2) * torch.cos(numbers * each) / each).flatten(1), None

        return Extractor(f"cosines@{self.waves}", look, "", batch_size=1000)
