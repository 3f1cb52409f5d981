"""What stands beside the samples in every table: the truth, a memorizer, and noise."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.seeds import child_seed

ROWS = {
    "samples": "what is judged",
    "truth": "real images that samples are not compared with: as good as it gets at this number",
    "memorizer": "training images drawn again and again: what a perfect copier would get",
    "noise": "uniform random pixels: as bad as it gets",
}
"""The rows of a table, and what each is for."""


def noise(n: int, shape: tuple[int, ...], seed: int) -> Tensor:
    """Return uniform random levels, (n, *shape) uint8.

    >>> noise(2, (1, 2, 2), 0).shape
    torch.Size([2, 1, 2, 2])
    """
    generator = torch.Generator().manual_seed(child_seed(seed, "noise"))
    return torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)


def redrawn(n: int, of: int, seed: int) -> Tensor:
    """Return which of so many training images a memorizer shows, (n,): drawn with replacement."""
    generator = torch.Generator().manual_seed(child_seed(seed, "memorizer"))
    return torch.randint(0, of, (n,), generator=generator)
