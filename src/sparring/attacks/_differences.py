"""Slopes from values: a loss looked at on both sides of an image, along random directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import torch

from sparring.attacks._objectives import Objective
from sparring.attacks._queries import Queries
from sparring.attacks._search import Search
from sparring.threats.base import Threat, _column
from sparring.types import Images

Draw: TypeAlias = Literal["normal", "signs"]


def slope(
    search: Search, queries: Queries, z: Images, loss: Objective, *, pairs: int, sigma: float, draw: Draw
) -> Images:
    """Return Σ_i (L(z + σ u_i) − L(z − σ u_i)) u_i, a multiple of the gradient in expectation; 2 · pairs forwards.

    Both looks are put inside the threat, so any of them may be a success; u is then what is left of it. A loss that is
    not finite says nothing.
    """
    x, threat = search.x, search.threat
    total = torch.zeros_like(z)
    for _ in range(pairs):
        u = sigma * _DRAWS[draw](search)
        ahead, behind = threat.project(x, z + u), threat.project(x, z - u)
        rise = [loss(queries.logits(side), search.labels, search.targets) for side in (ahead, behind)]
        difference = torch.nan_to_num(rise[0] - rise[1], nan=0, posinf=0, neginf=0)
        total += _column(difference, z) * (ahead - behind) / (2 * sigma)
    return total


def per_coordinate(threat: Threat, x: Images, size: float) -> float:
    """Return how far each coordinate goes when all go equally far, `size` together."""
    return size / math.sqrt(x[0].numel()) if threat.name() == "l2" else size


def rounds(queries: int, pairs: int) -> int:
    """Return how many slopes of so many pairs can be paid for; one query is kept for the last image (T19)."""
    return max(1, (queries - 1) // (2 * pairs))


def falling(steps: int) -> list[float]:
    """Return the share of the step size for each step, from 1 down to a tenth: large ones arrive, small ones settle."""
    return [1 - 0.9 * step / max(steps - 1, 1) for step in range(steps)]


def _normal(search: Search) -> Images:
    return search.streams.normal(tuple(search.x.shape[1:]), search.x.dtype)


def _signs(search: Search) -> Images:
    return search.streams.integers(2, tuple(search.x.shape[1:])).to(search.x.dtype) * 2 - 1


_DRAWS: dict[str, Callable[[Search], Images]] = {"normal": _normal, "signs": _signs}
