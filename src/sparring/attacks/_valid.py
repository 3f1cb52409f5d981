"""Which images may count: inside the threat and, if asked, ones that an 8-bit file holds (T9, T14); usable slopes."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.levels import exact_levels, levels_toward, nearest_levels
from sparring.threats.base import Threat
from sparring.types import Images, Mask


def inside(threat: Threat, x: Images, z: Images, *, eight_bit: bool) -> Mask:
    """Say which images lie inside the threat; 8-bit ones are compared as the levels they stand for."""
    return threat.contains(exact_levels(x), exact_levels(z)) if eight_bit else threat.contains(x, z)


def as_eight_bit(threat: Threat, x: Images, z: Images) -> Images:
    """Return z at its nearest 8-bit levels, or, where those leave the threat, at the ones toward x."""
    rounded = nearest_levels(z)
    outside = ~inside(threat, x, rounded, eight_bit=True)
    if bool(outside.any()):
        rounded[outside] = levels_toward(x[outside], z[outside])
    return rounded


def usable(gradient: Tensor) -> tuple[Tensor, Mask]:
    """Return a gradient with non-finite entries set to zero, and which rows give no direction (T4)."""
    size = gradient.abs().flatten(1).amax(1)
    finite = torch.isfinite(size)
    if not bool(finite.all()):
        gradient = torch.where(torch.isfinite(gradient), gradient, 0)
    return gradient, ~(finite & (size > 0))
