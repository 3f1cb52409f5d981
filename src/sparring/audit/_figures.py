"""From what happened to every sample to the figures of an audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sparring.audit.statistics import LEVEL, wilson

Record = dict[str, Any]


def figures(samples: Sequence[Record], attacks: Sequence[Record], names: Sequence[str]) -> dict[str, Any]:
    """Return accuracies with intervals, the cost and yield of each attack, and a row a class."""
    n = len(samples)
    right = sum(r["clean"] == r["label"] for r in samples)
    standing = sum(stands(r) for r in samples)
    rows, left = [], right
    for each in attacks:
        left -= each["broke"]
        kept = ("name", "text", "samples", "broke", "forwards", "backwards")
        rows.append({key: each[key] for key in kept} | {"left_standing": left, "seconds": round(each["seconds"], 3)})
    return {
        "n": n,
        "clean_accuracy": right / n,
        "clean_interval": wilson(right, n),
        "robust_accuracy": standing / n,
        "interval": wilson(standing, n),
        "confidence_level": LEVEL,
        "attacks": rows,
        "per_class": _per_class(samples, names),
    }


def stands(record: Record) -> bool:
    """Say whether a sample was right and nothing broke it."""
    return bool(record["clean"] == record["label"] and record["broken_by"] is None)


def totals(costs: Sequence[Sequence[Record]]) -> list[Record]:
    """Return the cost of each attack over all chunks, which list the same attacks in the same order."""
    if not costs:
        return []
    counted = ("samples", "broke", "forwards", "backwards", "seconds", "flat")
    return [
        {"name": first["name"], "text": first["text"]} | {key: sum(cost[at][key] for cost in costs) for key in counted}
        for at, first in enumerate(costs[0])
    ]


def _per_class(samples: Sequence[Record], names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for label in sorted({r["label"] for r in samples}):
        mine = [r for r in samples if r["label"] == label]
        right = [r for r in mine if r["clean"] == label]
        becomes = Counter(r["becomes"] for r in right if r["broken_by"] is not None and r["becomes"] is not None)
        rows.append(
            {
                "class": names[label],
                "n": len(mine),
                "clean_accuracy": len(right) / len(mine),
                "robust_accuracy": sum(r["broken_by"] is None for r in right) / len(mine),
                "mostly_becomes": names[becomes.most_common(1)[0][0]] if becomes else None,
            }
        )
    return rows


def warnings_of(attacks: Sequence[Record]) -> list[str]:
    """Return what the attacks met that makes the figure doubtful, in words."""
    return [
        f"{each['text']} met a gradient that is zero or not finite on {each['flat']} of the samples it left standing: "
        "the model may be saturated or not differentiable, and the figure too kind."
        for each in attacks
        if each["flat"]
    ]
