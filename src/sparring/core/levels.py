"""Images that an 8-bit file can hold: every value k/255."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.types import Images


def to_bytes(x: Tensor) -> Tensor:
    """Return the nearest 8-bit levels as uint8 (G2: every k/255 gives k)."""
    return (x.double() * 255).round().clamp(0, 255).to(torch.uint8)


def from_bytes(levels: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return 8-bit levels as floats k/255, the division done once in the wanted type."""
    return levels.to(dtype) / 255


def nearest_levels(z: Images) -> Images:
    """Return the nearest image with 8-bit levels."""
    return from_bytes(to_bytes(z), z.dtype)


def levels_toward(x: Images, z: Images) -> Images:
    """Return z rounded to 8-bit levels toward x, so that no coordinate moves further from x than z did."""
    center, level = (x.double() * 255).round(), z.double() * 255
    # A hair of slack keeps a value that is already a level, but for float rounding, where it is.
    rounded = torch.where(level >= center, (level + 1e-4).floor(), (level - 1e-4).ceil())
    return from_bytes(rounded.clamp(0, 255).to(torch.uint8), z.dtype)


def exact_levels(z: Images) -> Images:
    """Return 8-bit images in float64, free of the rounding of k/255 to float32, which can exceed the slack on ε."""
    return (z.double() * 255).round() / 255
