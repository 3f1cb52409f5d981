"""A discriminator that sees how close the images of a batch are to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.tricks.base import Trick, check_positive


@dataclass(frozen=True)
class MinibatchDiscrimination(Trick):
    """Append to each image's features how near the others of its batch are: o_b = Σ_j exp(−‖M_ib − M_jb‖₁), j ≠ i.

    M = f T, with a learned tensor T (features, kernels, rows).

    Fields:
        kernels: ≥ 1, numbers appended (B in the paper).
        rows: ≥ 1, length of what is compared in each (C).

    Shapes: (n, d) → (n, d + kernels). Images of a batch are of one origin; each process compares its own.

    Cost: n² · kernels · rows for a batch of n.

    Source: Salimans et al. 2016, arXiv 1606.03498, section 3.2. **Differs**: an image is not compared with itself,
    which would add 1 to each.

    >>> Closeness(3, 2, 1)(torch.zeros(4, 3))[:, 3:].tolist()[0]
    [3.0, 3.0]
    """

    cites = ("salimans2016",)
    apart: ClassVar[bool] = True
    kernels: int = 32
    rows: int = 8

    def __post_init__(self) -> None:
        check_positive(self, kernels=self.kernels, rows=self.rows)

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Put the comparison before the heads."""
        discriminator.mix(Closeness(discriminator.width, self.kernels, self.rows), self.kernels)


class Closeness(nn.Module):
    """Features (n, d) → (n, d + kernels)."""

    def __init__(self, width: int, kernels: int, rows: int) -> None:
        super().__init__()
        self.kernels = kernels
        self.project = nn.Linear(width, kernels * rows, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return the features with the closeness to all others behind them."""
        m = self.project(features).view(len(features), self.kernels, -1)
        distance = (m[:, None] - m[None]).abs().sum(3)
        close = torch.exp(-distance).sum(1) - 1
        return torch.cat([features, close], 1)
