"""The verb `transfer`: images made on each model, shown to all the others."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from sparring.attacks import Attack
from sparring.attacks import attack as run_attack
from sparring.attacks._request import threat_for
from sparring.audit.statistics import LEVEL
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel, align, load_model
from sparring.models._ensemble import ensemble_of
from sparring.registry import parse_as
from sparring.surrogates._shares import everything, says, share
from sparring.threats import Threat
from sparring.types import Images, Labels, Mask
from sparring.victims.base import Victim

Progress = Callable[[str], None]
"""Called with the name of each source that is done."""


@dataclasses.dataclass(frozen=True, eq=False)
class Transfer:
    """What fools whom. `result` is what `result.json` holds: a row for each source, a cell for each target.

    `images`: by source, (n, *chw), the images that were shown; `originals` (n, *chw), `labels` (n,). `ensembles`:
    by target, those made on all the others.
    """

    result: dict[str, Any]
    originals: Images
    labels: Labels
    images: dict[str, Images]
    ensembles: dict[str, Images]

    def cell(self, source: str, target: str) -> dict[str, Any]:
        """Return the figures of images made on one model and shown to another, both by name."""
        rows = {row["source"]: row for row in self.result["rows"]}
        if source not in rows or target not in {cell["target"] for cell in rows[source]["cells"]}:
            raise InputError(f"expected a source and a target of this matrix, got {source!r} and {target!r}")
        found: dict[str, Any] = next(cell for cell in rows[source]["cells"] if cell["target"] == target)
        return found


def default_attack(shape: tuple[int, ...]) -> str:
    """Return an attack whose images carry over well: momentum and, for images, diverse views and a smoothed slope.

    The smoothing is over a sixth of the image, and at most over the 15 pixels of its paper.

    >>> default_attack((1, 28, 28)), default_attack((64,))
    ('mi_fgsm(steps=20, diversity=0.7, smallest=0.7, kernel=5)', 'mi_fgsm(steps=20)')
    """
    if len(shape) != 3:
        return "mi_fgsm(steps=20)"
    kernel = 2 * min(7, round(min(shape[1:]) / 14)) + 1
    return f"mi_fgsm(steps=20, diversity=0.7, smallest=0.7, kernel={kernel})"


def transfer(
    models: Sequence[str | Path | nn.Module | LoadedModel],
    data: Dataset,
    threat: str | Threat,
    attack: str | Attack | None = None,
    *,
    n: int = 500,
    seed: int = 0,
    ensemble: bool = False,
    fast: bool = True,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> Transfer:
    """Make adversarial images on each model and show them to all, for whoever asks what an attacker without access can.

    Images are made against what the source says of them, with all steps spent on the strongest, and no look at any
    other model. A cell has two figures with Wilson's intervals. `of_right`: of the samples that the target had right,
    the share it has wrong on the source's images. `of_broken`: the same among those that the source had right too
    and has wrong now (T45). Samples that the target had wrong, or refused, before count in neither (T50), and a
    refusal afterwards fools nobody. On the diagonal source
    and target are one: the white box.

    Args:
        models: at least two, as `load_model` takes them; those without gradients are targets only.
        data: images with labels, in the classes of the models.
        threat, attack: units or their text; by default momentum with diverse inputs.
        n: samples, drawn at random.
        seed: decides every random number.
        ensemble: add a row whose source, for each target, is the mean of the logits of all other models.
        fast, batch_size: as for `attack`. `progress` is told each source that is done.

    Returns: Transfer.

    Raises: InputError for fewer than two models, none with gradients, or lists of classes that differ.

    Cost: the attack's passes for each source (twice that with `ensemble`), one answer a source, target and sample.

    Source: Szegedy et al. 2014, arXiv 1312.6199, section 4.2; Liu et al. 2017, arXiv 1611.02770 (ensembles).

    >>> from sparring.data import load_data
    >>> from sparring.surrogates import train_all
    >>> pair = train_all(["linear", "mlp"], load_data("digits:train"), epochs=3)
    >>> found = transfer(pair, load_data("digits:test"), "linf(0.2)", "fgsm", n=50)
    >>> found.cell("linear", "mlp")["of_right"]["share"] > 0.5
    True
    """
    started = time.perf_counter()
    limit = parse_as(Threat, threat)
    method = parse_as(Attack, default_attack(data.shape) if attack is None else attack)
    limit = threat_for(method, limit)
    loaded, data = _together(models, data)
    victims = [model.victim(fast=fast) for model in loaded]
    index = data.subset(n, seed)
    x, y = data.take(index)
    clean = [_says(victim, x) for victim in victims]

    def made_on(victim: Victim) -> Images:
        return run_attack(
            victim, x, None, method, limit, seed=seed, early_stop=False, batch_size=batch_size
        ).strongest  # fmt: skip

    rows, images, ensembles = [], {}, {}
    for model, victim, before in zip(loaded, victims, clean, strict=True):
        if model.access != "gradient":
            continue
        images[model.text] = made_on(victim)
        after = [_answers(other, images[model.text], y) for other in victims]
        own = after[loaded.index(model)]
        cells = [
            cell(other.text, y, (before, own), (right, now), white_box=other is model)
            for other, right, now in zip(loaded, clean, after, strict=True)
        ]
        rows.append({"source": model.text, "cells": cells})
        if progress is not None:
            progress(model.text)
    if ensemble:
        cells = []
        for target, victim, right in zip(loaded, victims, clean, strict=True):
            rest = [model for model in loaded if model is not target and model.access == "gradient"]
            if not rest:
                continue
            others = ensemble_of(rest)
            source = others.victim(fast=fast)
            ensembles[target.text] = made_on(source)
            said = _says(source, x), _answers(source, ensembles[target.text], y)
            now = _answers(victim, ensembles[target.text], y)
            cells.append(cell(target.text, y, said, (right, now), white_box=False))
            if progress is not None:
                progress(others.text)
        rows.append({"source": "mean of the others", "cells": cells})
    result = {
        "kind": "transfer",
        "n": len(x),
        "models": [
            {"name": model.text, "access": model.access, "clean": share(before == y, everything(y))}
            for model, before in zip(loaded, clean, strict=True)
        ],
        "rows": rows,
        "attack": str(method),
        "threat": str(limit),
        "seed": seed,
        "confidence_level": LEVEL,
        "spec": {
            "models": {model.text: model.checksum for model in loaded},
            "data": data.name,
            "data_checksum": data.checksum,
            "n": len(x),
            "attack": str(method),
            "threat": str(limit),
            "seed": seed,
            "ensemble": ensemble,
        },
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Transfer(result, x, y, images, ensembles)


def cell(
    target: str, y: Labels, source: tuple[Labels, Labels], seen: tuple[Labels, Labels], *, white_box: bool
) -> dict[str, Any]:
    """Return one cell of the matrix from labels (n,): the truth, and what source and target said before and after."""
    right: Mask = seen[0] == y
    wrong_now: Mask = seen[1] != y
    broken: Mask = (source[0] == y) & (source[1] != y)
    return {
        "target": target,
        "white_box": white_box,
        "of_right": share(wrong_now, right),
        "of_broken": share(wrong_now, right & broken),
    }


def _together(
    models: Sequence[str | Path | nn.Module | LoadedModel], data: Dataset
) -> tuple[list[LoadedModel], Dataset]:
    """Return the models under names that differ, and the data in their classes."""
    if len(models) < 2:
        raise InputError(f"expected at least two models, got {len(models)}: what is made on one is shown to another")
    loaded = [load_model(model, input_shape=data.shape, classes=data.classes or None) for model in models]
    if all(model.access != "gradient" for model in loaded):
        raise InputError("expected at least one model with gradients to make images on, got none")
    lists = {model.classes for model in loaded if model.classes is not None}
    if len(lists) > 1:
        raise InputError("expected models with the same classes in the same order, got several lists of classes")
    names: dict[str, int] = {}
    for place, model in enumerate(loaded):
        names[model.text] = names.get(model.text, 0) + 1
        if names[model.text] > 1:
            loaded[place] = dataclasses.replace(model, text=f"{model.text} ({names[model.text]})")
    return loaded, align(data, next(iter(lists), None))


def _says(victim: Victim, x: Images) -> Labels:
    with victim.frozen():
        return says(victim.answer, x)


def _answers(victim: Victim, images: Images, y: Labels) -> Labels:
    """Return what a victim calls changed images, where a refusal, which fools nobody, counts as the truth (T42)."""
    if not victim.rejects:
        return _says(victim, images)
    with victim.frozen():
        refusal = victim.answer(images[:1]).shape[1] - 1
    found = _says(victim, images)
    return y.where(found == refusal, found)
