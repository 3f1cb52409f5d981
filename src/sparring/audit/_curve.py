"""Accuracy against ε: from the smallest change that breaks each sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from sparring.attacks import attack
from sparring.audit._examine import Examination
from sparring.core.runs import read_json, write_json
from sparring.data import Dataset
from sparring.threats import Threat

if TYPE_CHECKING:
    from sparring.audit._phases import Phases

POINTS = 41
"""Values of ε at which a curve is read off."""


SWEEPS = {"linf": "fmn", "l2": "fmn", "l1": "fmn", "l0": "fmn"}
"""The minimal attack whose distances draw the curve, by norm."""


def curve_of(
    seen: Examination,
    data: Dataset,
    samples: Sequence[dict[str, Any]],
    threat: Threat,
    count: int,
    seed: int,
    batch_size: int | None,
    phases: Phases,
) -> dict[str, Any]:
    """Look for the smallest change that breaks each of a few samples, and read accuracy off at every ε."""
    if count <= 0 or seen.victim is None:
        return {"curve": None}
    few = samples[:: max(1, len(samples) // count)][:count]
    path, sweep = phases.folder / "distances.json", SWEEPS[threat.name()]
    if phases.group.rank == 0 and not path.exists():
        x, y = data.take(torch.tensor([r["index"] for r in few]))
        free = dataclasses.replace(threat, eps=float("inf"))
        found = attack(seen.victim, x, y, sweep, free, seed=seed, batch_size=batch_size, allow_probabilities=True)
        write_json(path, [float(d) if d < float("inf") else None for d in found.distance])
    phases.group.wait()
    known = torch.tensor([float("inf") if d is None else d for d in read_json(path)], dtype=torch.float64)
    audited = [r.get("distance") if r["broken_by"] is not None else None for r in few]
    bound = torch.tensor([float("inf") if d is None else d for d in audited], dtype=torch.float64)
    right = torch.tensor([r["clean"] == r["label"] for r in few])
    fell = torch.tensor([r["broken_by"] is not None and r.get("distance") is None for r in few])
    bound = torch.where(fell, threat.radius, bound)  # broken inside ε by the evidence, which keeps no image
    distances = torch.minimum(known, bound)
    return {
        "curve": accuracy_curve(distances, right, norm=threat.name(), attack=sweep, eps=threat.radius),
        "distance_percentiles": percentiles(distances, right),
    }


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
