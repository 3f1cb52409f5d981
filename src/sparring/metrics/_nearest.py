"""Nearest neighbors among features, block by block: exact, in float64, and never n × m numbers at once."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.types import Features

BLOCK, MOST = 1000, 10_000_000
"""Rows whose distances are in memory at a time, and distances: 80 MB of them."""
_SAME = 64
"""Squared distances below this many roundings of the squared lengths are 0: the rows are the same."""
_TIE = 1e-9
"""Squared distances that differ by no more than this share are the same."""


def squared_distances(x: Features, y: Features) -> Iterator[tuple[slice, Tensor]]:
    """Yield blocks of rows of x with their squared distances to all rows of y, (block, m), equal rows at exactly 0.

    ‖x‖² + ‖y‖² − 2 x·y, after the mean of y is taken from both so that little cancels.

    >>> blocks = squared_distances(torch.tensor([[0.0], [3.0]]), torch.tensor([[4.0], [3.0]]))
    >>> [block.tolist() for _, block in blocks]
    [[[16.0, 9.0], [1.0, 0.0]]]
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise InputError(f"expected features of one network, got shapes {tuple(x.shape)} and {tuple(y.shape)}")
    center = y.to(torch.float64).mean(0)
    y = y.to(torch.float64) - center
    lengths = y.square().sum(1)
    size = max(1, min(BLOCK, MOST // len(y)))
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        part = x[rows].to(torch.float64) - center
        scale = part.square().sum(1)[:, None] + lengths
        block = torch.addmm(scale, part, y.T, alpha=-2)
        yield rows, block.masked_fill_(block < _SAME * torch.finfo(torch.float64).eps * scale, 0)


def within(distances: Tensor, radius: Tensor) -> Tensor:
    """Say which squared distances are below a squared radius, strictly: a tie is outside, whatever was rounded (G33).

    >>> within(torch.tensor([1.0, 1 - 1e-12, 0.9]), torch.tensor(1.0)).tolist()
    [False, False, True]
    """
    return distances < radius * (1 - _TIE)


def radii(x: Features, k: int) -> Tensor:
    """Return the squared distances of each row to its k nearest others, (n, k) ascending; itself never counts (G33).

    Raises: InputError when there are not k others.

    >>> radii(torch.tensor([[0.0], [1.0], [5.0]]), 2).tolist()
    [[1.0, 25.0], [1.0, 16.0], [16.0, 25.0]]
    """
    if not 1 <= k < len(x):
        raise InputError(
            f"expected k neighbors among {len(x) - 1} others, got k = {k}: take a smaller k or more samples"
        )
    found = []
    for rows, block in squared_distances(x, x):
        block[torch.arange(len(block)), torch.arange(rows.start, rows.stop)] = torch.inf
        found.append(block.topk(k, largest=False).values)
    return torch.cat(found)


def nearest(x: Features, y: Features) -> tuple[Tensor, Tensor]:
    """Return the squared distance of each row of x to the nearest row of y, and which that is, both (n,).

    >>> [part.tolist() for part in nearest(torch.tensor([[0.0], [4.0]]), torch.tensor([[5.0], [1.0]]))]
    [[1.0, 1.0], [1, 0]]
    """
    parts = [block.min(1) for _, block in squared_distances(x, y)]
    return torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts])
