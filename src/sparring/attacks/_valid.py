"""Which images may count: inside the threat and, if asked, ones that an 8-bit file holds (T9, T14)."""

from __future__ import annotations

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
