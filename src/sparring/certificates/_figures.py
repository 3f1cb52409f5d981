"""From one proof a sample to the figures of a certification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparring.audit.statistics import LEVEL, clopper_pearson
from sparring.certificates._radius import certified_radius, lower_bound

POINTS = 61
"""Radii at which the curve is read off, besides those asked for."""
Record = dict[str, Any]


def figures(
    samples: Sequence[Record], *, sigma: float, draws: int, alpha: float, radii: Sequence[float] = ()
) -> dict[str, Any]:
    """Return accuracies with intervals at some radii, the curve, and the share that is wrong or abstained.

    The interval is Clopper and Pearson's: over images, of which n were drawn. That each proof fails with chance α is
    beside it, and not in it.
    """
    n = len(samples)
    reach = certified_radius(lower_bound(draws, draws, alpha), sigma) or 0.0
    stated = sorted(set(radii)) or [half * sigma / 2 for half in range(13) if half * sigma / 2 <= reach] or [0.0]
    right = sum(r["most"] == r["label"] for r in samples)
    plain = sum(r["clean"] == r["label"] for r in samples)
    proven = sorted(r["radius"] for r in samples if _proven(r))
    end = max(reach, stated[-1]) or sigma
    grid = sorted({end * step / (POINTS - 1) for step in range(POINTS)} | set(stated))
    return {
        "n": n,
        "sigma": sigma,
        "draws": draws,
        "alpha": alpha,
        "reach": reach,
        "plain_accuracy": plain / n,
        "smoothed_accuracy": right / n,
        "smoothed_interval": clopper_pearson(right, n),
        "abstained": sum(r["radius"] is None for r in samples) / n,
        "certified": [row(samples, radius) for radius in stated],
        "median_radius": proven[len(proven) // 2] if proven else None,
        "at_reach": sum(r["votes"] == draws for r in samples if _proven(r)) / n,
        "confidence_level": LEVEL,
        "curve": {"norm": "l2", "n": n, "points": [[radius, share(samples, radius)] for radius in grid]},
    }


def row(samples: Sequence[Record], radius: float) -> dict[str, Any]:
    """Return the certified accuracy at a radius, with its interval."""
    count = _reaching(samples, radius)
    n = len(samples)
    return {"radius": radius, "count": count, "accuracy": count / n, "interval": clopper_pearson(count, n)}


def share(samples: Sequence[Record], radius: float) -> float:
    """Return the share of samples that are right and proven at least as far as `radius`."""
    return _reaching(samples, radius) / len(samples)


def _reaching(samples: Sequence[Record], radius: float) -> int:
    return sum(bool(_proven(r) and r["radius"] >= radius) for r in samples)


def _proven(record: Record) -> bool:
    return record["radius"] is not None and record["predicted"] == record["label"]
