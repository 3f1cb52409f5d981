"""From tensors to what a report shows: pictures with the model's word for each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sparring.attacks import Adversarials
from sparring.audit import AuditResult
from sparring.audit._audit import align_names
from sparring.data import Dataset
from sparring.models import LoadedModel
from sparring.report import Picture

MOST = 12
"""Pictures in a report's grid."""


def short(name: str) -> str:
    """Return the first of a class's synonyms.

    >>> short("common iguana, iguana, Iguana iguana")
    'common iguana'
    """
    return name.split(",")[0]


def as_picture(image: Tensor) -> Tensor | None:
    """Return an image as (c, h, w) if it can be drawn: features are not pictures."""
    return image if image.ndim == 3 else None


def spread(count: int, most: int = MOST) -> list[int]:
    """Return up to `most` places spread evenly over `count`."""
    return sorted({round(place * (count - 1) / max(1, most - 1)) for place in range(min(count, most))}) if count else []


def audit_pictures(found: AuditResult, model: LoadedModel, data: Dataset) -> list[Picture]:
    """Return a few broken samples of an audit."""
    classes = 1 + max((max(r["label"], r["clean"], r.get("becomes") or 0) for r in found.samples), default=0)
    known = max(classes, len(model.classes or ()), len(data.classes))
    names = [short(name) for name in align_names(model, data, known)]
    pictures = []
    for place in spread(len(found.shown)):
        original, adversarial = as_picture(found.originals[place]), as_picture(found.adversarials[place])
        record = found.shown[place]
        if original is not None and adversarial is not None:
            pictures.append(
                Picture(
                    original,
                    adversarial,
                    names[record["label"]],
                    (names[record["clean"]], record["clean_confidence"]),
                    (names[record["becomes"]], record["confidence"]),
                    note=f"distance {record['distance']:.4g}",
                )
            )
    return pictures


def attack_pictures(x: Tensor, found: Adversarials, names: Sequence[str], truth: bool) -> list[Picture]:
    """Return a few attacked images, the broken ones first."""
    order = torch.argsort((found.success & found.clean_correct).int(), descending=True, stable=True)
    before, after = found.logits_before.float().softmax(1), found.logits.float().softmax(1)
    pictures = []
    for place in order[:MOST].tolist():
        original = as_picture(x[place])
        if original is None:
            continue
        pictures.append(
            Picture(
                original.float().cpu(),
                found.images[place].float().cpu(),
                short(names[int(found.labels[place])]) if truth else None,
                (short(names[int(before[place].argmax())]), float(before[place].amax())),
                (short(names[int(after[place].argmax())]), float(after[place].amax())),
                note=f"distance {float(found.distance[place]):.4g}" if found.success[place] else "not fooled",
            )
        )
    return pictures
