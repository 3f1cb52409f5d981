"""From what happened to every sample to the figures of an audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sparring.audit._chunks import Chunk
from sparring.audit.statistics import LEVEL, wilson


def figures(samples: list[dict[str, Any]], chunks: list[Chunk], names: Sequence[str]) -> dict[str, Any]:
    """Return accuracies with intervals, the cost and yield of each attack, and a row a class."""
    n = len(samples)
    right = sum(r["clean"] == r["label"] for r in samples)
    standing = right - sum(r["broken_by"] is not None for r in samples)
    attacks = []
    left = right
    for position, first in enumerate(chunks[0].attacks):
        costs = [chunk.attacks[position] for chunk in chunks]
        total = {key: sum(cost[key] for cost in costs) for key in ("samples", "broke", "forwards", "backwards")}
        left -= total["broke"]
        attacks.append(
            {"name": first["name"], "text": first["text"], **total, "left_standing": left}
            | {"seconds": round(sum(cost["seconds"] for cost in costs), 3)}
        )
    return {
        "n": n,
        "clean_accuracy": right / n,
        "clean_interval": wilson(right, n),
        "robust_accuracy": standing / n,
        "interval": wilson(standing, n),
        "confidence_level": LEVEL,
        "attacks": attacks,
        "per_class": _per_class(samples, names),
    }


def _per_class(samples: list[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for label in sorted({r["label"] for r in samples}):
        mine = [r for r in samples if r["label"] == label]
        right = [r for r in mine if r["clean"] == label]
        becomes = Counter(r["becomes"] for r in right if r["broken_by"] is not None)
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


def warnings_of(chunks: list[Chunk]) -> list[str]:
    """Return what the attacks met that makes the figure doubtful, in words."""
    said = []
    for position, first in enumerate(chunks[0].attacks):
        flat = sum(chunk.attacks[position]["flat"] for chunk in chunks)
        if flat:
            said.append(
                f"{first['text']} met a gradient that is zero or not finite on {flat} of the samples it left standing: "
                "the model may be saturated or not differentiable, and the figure too kind."
            )
    return said
