"""From tensors to what a report shows: pictures with the model's word for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from sparring.attacks import Adversarials
from sparring.audit import AuditResult
from sparring.audit._audit import align_names
from sparring.data import Dataset
from sparring.models import LoadedModel
from sparring.report import Picture
from sparring.surrogates import Substitution, Transfer

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
    known = max(classes, len(model.classes or data.classes) + model.rejects)
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


def transfer_pictures(found: Transfer, models: Mapping[str, LoadedModel], classes: Sequence[str]) -> list[Picture]:
    """Return a few images of a matrix that fool another model than their own, and its word for each."""
    pairs = [(source, target) for source in found.images for target in models if source != target]
    pictures: list[Picture] = []
    for source, target in pairs[:MOST]:
        victim = models[target].victim()
        with victim.frozen():
            before, after = victim.answer(found.originals), victim.answer(found.images[source])
        if victim.access != "decision":
            before, after = before.softmax(1), after.softmax(1)
        truth = found.labels
        fooled = ((before.argmax(1) == truth) & (after.argmax(1) != truth)).nonzero()[:, 0].tolist()
        for place in fooled[len(pictures) % max(1, len(fooled)) :][:1]:
            original, adversarial = as_picture(found.originals[place]), as_picture(found.images[source][place])
            if original is not None and adversarial is not None:
                said = [
                    (short(_name(classes, int(row[place].argmax()))), float(row[place].amax()))
                    for row in (before, after)
                ]
                name = short(_name(classes, int(truth[place])))
                pictures.append(Picture(original, adversarial, name, said[0], said[1], note=f"{source} on {target}"))
    return pictures


def substitute_pictures(found: Substitution) -> list[Picture]:
    """Return a few images that a victim has wrong, made on its substitutes; it is known by its labels alone."""
    classes = found.result["classes"]
    places = ((found.before == found.truth) & (found.after != found.truth)).nonzero()[:, 0].tolist()
    pictures = []
    for place in (places[index] for index in spread(len(places))):
        original, adversarial = as_picture(found.originals[place]), as_picture(found.images[place])
        if original is not None and adversarial is not None:
            truth, before, after = (
                short(_name(classes, int(labels[place]))) for labels in (found.truth, found.before, found.after)
            )
            pictures.append(Picture(original, adversarial, truth, (before, 1.0), (after, 1.0)))
    return pictures


def _name(classes: Sequence[str], index: int) -> str:
    return classes[index] if index < len(classes) else str(index)
