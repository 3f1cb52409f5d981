"""Many small pictures on one sheet, in rows that mean something, enlarged so that a person can see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from sparring.core.levels import to_bytes
from sparring.errors import InputError

Tile: TypeAlias = Tensor | str | None
SIGNS = ("+", "-", "=")
"""What may stand on a sheet besides pictures."""
GAP, SIDE = 2, 64
"""White pixels between pictures, and pixels of a side that small pictures are enlarged to, at most."""


def sheet(rows: Sequence[Sequence[Tile]], side: int = SIDE) -> Tensor:
    """Return rows of pictures as one, (1 or 3, height, width) uint8.

    A tile is an image (c, h, w) in [0, 1], None for white, or one of SIGNS. All images have one shape; rows may be of
    different lengths. Images that are neither gray nor RGB are shown gray; those smaller than `side` pixels are
    enlarged by a whole number, up to it.

    Raises: InputError when there is no image, or images differ in shape.

    >>> sheet([[torch.zeros(1, 64, 64), "=", torch.zeros(1, 64, 64)], [None, torch.ones(1, 64, 64)]]).shape
    torch.Size([1, 130, 196])
    """
    images = [tile for row in rows for tile in row if isinstance(tile, Tensor)]
    if not images or images[0].ndim != 3:
        raise InputError("expected pictures (c, h, w) for a sheet, got samples that are none")
    if len({tuple(image.shape) for image in images}) > 1:
        raise InputError("expected pictures of one shape for a sheet, got several")
    c, h, w = images[0].shape
    c, times = (c if c in (1, 3) else 1), max(1, side // max(h, w))
    h, w = h * times, w * times
    across, down = max(map(len, rows)), len(rows)
    whole = torch.full((c, down * (h + GAP) - GAP, across * (w + GAP) - GAP), 255, dtype=torch.uint8)
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            if tile is not None:
                drawn = _drawn(tile, h, w) if isinstance(tile, str) else _enlarged(tile, times)
                whole[:, i * (h + GAP) : i * (h + GAP) + h, j * (w + GAP) : j * (w + GAP) + w] = drawn
    return whole


def _enlarged(image: Tensor, times: int) -> Tensor:
    shown = image if image.shape[0] in (1, 3) else image.mean(0, keepdim=True)
    return to_bytes(shown.detach().cpu()).repeat_interleave(times, 1).repeat_interleave(times, 2)


def _drawn(sign: str, h: int, w: int) -> Tensor:
    """Return a plus, a minus or an equals sign, (1, h, w)."""
    if sign not in SIGNS:
        raise InputError(f"expected one of the signs {' '.join(SIGNS)}, got {sign!r}")
    tile = torch.full((1, h, w), 255, dtype=torch.uint8)
    thick, reach = max(1, min(h, w) // 16), max(1, min(h, w) // 5)
    middle, center = h // 2, w // 2
    for at in (middle - reach // 2, middle + reach // 2) if sign == "=" else (middle,):
        tile[:, at - thick // 2 : at - thick // 2 + thick, center - reach : center + reach] = 0
    if sign == "+":
        tile[:, middle - reach : middle + reach, center - thick // 2 : center - thick // 2 + thick] = 0
    return tile
