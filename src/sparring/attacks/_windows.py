"""Windows of pixels, one place a sample, and what a random search puts into them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.types import Images

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Ten-thousandths of the queries after which the share of pixels in a window is halved."""
BLOCK = 64
"""Queries whose random numbers are drawn together: one hash of many costs little more than one of few."""


def planes(x: Images) -> tuple[int, int, int]:
    """Return (channels, height, width) of images; where there is no height, pixels stand in one row."""
    *front, width = x.shape[1:]
    channels = front[0] if front else 1
    return channels, math.prod(front[1:]), width


def share(p_init: float, query: int, queries: int) -> float:
    """Return p, the share of the pixels that a window holds at this query."""
    done = 10_000 * query // queries
    return p_init * 0.5 ** sum(done > end for end in HALVINGS)


def window(share: float, height: int, width: int, *, odd: bool) -> tuple[int, int]:
    """Return the sides of a window of this share of the pixels: square, or as long as the image is not high.

    `odd`: of odd length, for what has a middle, and at least 3 unless the image is small.
    """
    least, area = 3 if odd and min(height, width) >= 9 else 1, share * height * width
    side = max(round(math.sqrt(area)), least)
    if odd and side % 2 == 0:
        side += 1
    if height < side:
        return height, min(max(round(area / height), least), width)
    return (min(max(round(area / width), least), height), width) if width < side else (side, side)


def draws(streams: Streams, queries: int, count: int) -> Iterator[Tensor]:
    """Yield `count` uniform numbers a sample, (n, count), for each of so many queries."""
    for start in range(0, queries, BLOCK):
        yield from streams.uniform((min(BLOCK, queries - start), count)).unbind(1)


class Places:
    """Where windows of one size may stand in images (c, h, w), as indices into their h · w pixels."""

    def __init__(self, sides: tuple[int, int], height: int, width: int) -> None:
        rows, columns = (torch.arange(side) for side in sides)
        self._inside = (rows[:, None] * width + columns).flatten()
        self._room, self._width = (height - sides[0] + 1, width - sides[1] + 1), width

    def at(self, row: Tensor, column: Tensor) -> Tensor:
        """Return the pixels (m, 1, s) of the windows that uniform numbers (m,) put anywhere in the image."""
        top, left = ((u * room).long() for u, room in zip((row, column), self._room, strict=True))
        return (top * self._width + left)[:, None, None] + self._inside.to(top.device)


def bumps(sides: tuple[int, int], order: int, like: Tensor) -> Tensor:
    """Return two windows (2, s) of unit length in L1 or L2: a bump beside its negative, in rows and in columns."""
    rows, columns = sides
    both = torch.stack([_pair(rows, columns, order), _pair(columns, rows, order).T])
    return both.flatten(1).to(like)


def _pair(rows: int, columns: int, order: int) -> Tensor:
    halves = [_bump(part, columns, 2 if order == 2 else 4) for part in (rows // 2, rows - rows // 2)]
    upper, lower = (half / half.norm(p=order).clamp_min(1e-30) for half in halves)
    pair: Tensor = torch.cat([upper, -lower])
    length: Tensor = pair.norm(p=order)
    return pair / length


def _bump(rows: int, columns: int, power: int) -> Tensor:
    """Return Σ_{k ≥ r} (k + 1)^−power over k up to the edge, r the distance of a pixel from the middle."""
    depth = max(rows // 2, columns // 2) + 1
    terms = torch.arange(1, depth + 1, dtype=torch.float64) ** -power
    sums = terms.flip(0).cumsum(0).flip(0)
    away = [(torch.arange(length) - length // 2).abs() for length in (rows, columns)]
    return sums[torch.maximum(away[0][:, None], away[1])]
