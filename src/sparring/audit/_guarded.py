"""A guard and its classifier, each by itself and both at once: what the guard is worth against whom (T42).

An attacker who does not know of the guard fools the classifier alone, and his images are then shown to the guarded
model. One who does fools both at once: that is the audit's own figure. The first one's images count there too, so that
knowing more never looks worse.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks import Attack, attack
from sparring.audit._chunks import Work
from sparring.audit._examine import examine
from sparring.audit._figures import Record, stands
from sparring.audit._phases import Phases
from sparring.audit._preflight import preflight
from sparring.audit._protocols import attacks_of
from sparring.audit.statistics import wilson
from sparring.core.runs import read_json, write_json
from sparring.data import Dataset
from sparring.models import LoadedModel
from sparring.threats import Threat
from sparring.types import Images, Labels
from sparring.victims.base import Victim

BY = "oblivious"
"""What broke a sample that fell to an image made on the classifier alone."""


def classifier_of(loaded: LoadedModel) -> LoadedModel | None:
    """Return the classifier inside a guarded model, where it can be told."""
    inner = loaded.classifier or (getattr(loaded.module, "net", None) if loaded.rejects else None)
    if not isinstance(inner, nn.Module):
        return None
    return dataclasses.replace(loaded, module=inner, text=f"the classifier in {loaded.text}", classifier=None)


def looked_at(
    inner: LoadedModel, data: Dataset, indices: Tensor, threat: Threat, own: Sequence[Attack] | None, protocol: str
) -> tuple[Victim, Sequence[Attack]]:
    """Return the classifier as attacks take it, and those that are run on it: the audit's own."""
    if own is not None:
        return preflight(inner, data, indices, own, threat, fast=True).attacked, own
    seen = examine(inner, data, indices, threat)
    return seen.attacked, attacks_of(protocol, threat, seen.access)


def oblivious(phases: Phases, indices: Tensor, work: Work, judge: Victim) -> list[Record]:
    """Run the attacks of `work` on the classifier alone, show the judge what fooled it; return a record a sample.

    A record holds what the classifier said (`clean`), what broke it, and what the guarded model `says` of that image.
    """
    parts = torch.split(indices, phases.size)
    paths = [phases.folder / BY / f"{number:05d}.json" for number in range(len(parts))]
    for number in phases.group.mine(len(parts)):
        if not paths[number].exists():
            write_json(paths[number], _chunk(work, judge, *phases.data.take(parts[number]), parts[number]))
            phases.log(BY, number=number, of=len(parts))
    phases.group.wait()
    return [record for path in paths for record in read_json(path)]


def _chunk(work: Work, judge: Victim, x: Images, y: Labels, indices: Tensor) -> list[Record]:
    records: list[Record] = [{"index": int(i), "label": int(label)} for i, label in zip(indices, y, strict=True)]
    standing = torch.ones(len(x), dtype=torch.bool)
    for method in work.attacks:
        rows = standing.nonzero()[:, 0]
        if len(rows) == 0:
            break
        found = attack(
            work.victim, x[rows], y[rows], method, work.threat, seed=work.seed, batch_size=work.batch_size,
            allow_probabilities=work.allow_probabilities,
        )  # fmt: skip
        with judge.frozen():
            says = judge.answer(found.images).argmax(1)
        for place, row in enumerate(rows.tolist()):
            record = records[row]
            record.setdefault("clean", int(found.logits_before[place].argmax()))
            record.setdefault("broken_by", None)
            if found.success[place] and found.clean_correct[place]:
                told = {"says": int(says[place]), "distance": float(found.distance[place])}
                record |= {"broken_by": method.name()} | told
        standing[rows[found.success]] = False
    return records


def missed(samples: Sequence[Record], tried: Sequence[Record], classes: int) -> list[Record]:
    """Return records of standing samples for which an image made on the classifier alone fools the guarded model too.

    `classes` does not count the refusal.
    """
    known = {r["index"]: r for r in samples}
    fell = [r for r in tried if r["broken_by"] is not None and r["says"] not in (r["label"], classes)]
    return [
        known[r["index"]] | {"broken_by": BY, "becomes": r["says"], "confidence": None, "distance": r["distance"]}
        for r in fell
        if stands(known[r["index"]])
    ]


def figures_of_guard(samples: Sequence[Record], tried: Sequence[Record] | None, classes: int) -> dict[str, Any]:
    """Return the share of each: classifier alone, guard against who does not know of it, both against who does.

    `samples` are the audit's records, all phases done; `tried` what was made on the classifier alone, if it was.
    """
    n = len(samples)
    figures: dict[str, Any] = {"false_alarms": _share(sum(r["clean"] == classes for r in samples), n)}
    if tried is None:
        return figures
    right = {r["index"]: r["clean"] == r["label"] for r in samples}
    fooled = [r for r in tried if r["broken_by"] is not None]
    through = [r for r in fooled if r["says"] not in (r["label"], classes)]
    lost = {r["index"] for r in through}
    return figures | {
        "classifier_clean": _share(sum(r["clean"] == r["label"] for r in tried), n),
        "classifier": _share(sum(stands(r) for r in tried), n),
        "oblivious": _share(sum(right[r["index"]] and r["index"] not in lost for r in tried), n),
        "joint": _share(sum(map(stands, samples)), n),
        "refused": _share(sum(r["says"] == classes for r in fooled), len(fooled)),
        "answered_right": _share(sum(r["says"] == r["label"] for r in fooled), len(fooled)),
        "through": _share(len(through), len(fooled)),
    }


def _share(count: int, n: int) -> dict[str, Any]:
    """Return a share of n with its interval; of none, nothing can be said."""
    return {"count": count, "n": n, "share": count / n, "interval": wilson(count, n)} if n else {"count": 0, "n": 0}
