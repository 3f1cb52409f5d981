"""Accuracy against ε: from the smallest change that breaks each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

POINTS = 41
"""Values of ε at which a curve is read off."""


def accuracy_curve(
    distances: Tensor, clean_correct: Tensor, *, norm: str, attack: str, eps: float, also: Sequence[float] = ()
) -> dict[str, Any]:
    """Return the share of all samples that are right and need a change larger than ε, for a range of ε.

    `distances` (n,) are the smallest known, inf where none is: so each point is an upper bound on the true robust
    accuracy, and the curve falls by construction (T26). The range ends where nothing stands, at most at 4 ε.
    """
    found = distances[clean_correct & torch.isfinite(distances)]
    end = min(4 * eps, float(found.max()) * 1.02) if len(found) else eps
    grid = {round(end * step / (POINTS - 1), 10) for step in range(POINTS)} | {eps, *also}
    points = [[e, float((clean_correct & (distances > e)).double().mean())] for e in sorted(grid) if e <= max(end, eps)]
    return {"norm": norm, "attack": attack, "n": len(distances), "points": points}


def percentiles(distances: Tensor, clean_correct: Tensor) -> dict[str, float]:
    """Return how far right samples are from a mistake, by percentile; inf distances make a percentile absent."""
    values = distances[clean_correct]
    if len(values) == 0:
        return {}
    ordered = values.sort().values
    marks = {str(p): float(ordered[min(len(ordered) - 1, int(p / 100 * len(ordered)))]) for p in (5, 25, 50, 75, 95)}
    return {key: value for key, value in marks.items() if value != float("inf")}
