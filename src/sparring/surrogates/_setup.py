"""What a substitution begins and ends with: victim, images, and the folder that both are kept in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sparring.core.runs import read_json, versions, write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel, align, load_model, save_model
from sparring.types import Images, Labels
from sparring.victims.base import Victim

SPEC = "spec.json"


def known_as(
    model: str | Path | nn.Module | LoadedModel | Victim, data: Dataset
) -> tuple[dict[str, str], Victim, Dataset]:
    """Return what a victim is known by, the victim, and the data in its classes."""
    if isinstance(model, Victim):
        known, victim = {"model": type(model).__name__, "model_checksum": ""}, model
    else:
        loaded = load_model(model, input_shape=data.shape, classes=data.classes or None)
        known, victim = {"model": loaded.text, "model_checksum": loaded.checksum}, loaded.victim()
        data = align(data, loaded.classes)
    if victim.rejects:
        raise InputError(f"expected a victim that answers every image, got {known['model']}, which may refuse some")
    return known, victim, data


def divide(data: Dataset, seeds: int | Dataset, n: int | None, seed: int) -> tuple[Images, Images, Labels]:
    """Return the attacker's first images, and `n` images to attack with their labels: no image is both.

    Raises: InputError where nothing is left to attack, or the seed images have another shape.
    """
    if isinstance(seeds, int):
        if not 0 < seeds < len(data):
            raise InputError(f"expected seeds between 1 and {len(data) - 1}, part of {data.name}, got {seeds}")
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(child_seed(seed, "seeds")))
        first, rest = data.images(order[:seeds]), order[seeds:]
    else:
        if seeds.shape != data.shape:
            raise InputError(f"expected seed images of shape {data.shape}, got {seeds.shape} in {seeds.name}")
        first, rest = seeds.images(), torch.arange(len(data))
    if n is not None and n < 1:
        raise InputError(f"expected n >= 1 images to attack, got {n}")
    if n is not None and n < len(rest):
        draws = torch.Generator().manual_seed(child_seed(seed, "attacked"))
        rest = rest[torch.randperm(len(rest), generator=draws)[:n]]
    return first, *data.take(rest.sort().values)


def same_run(folder: Path | None, spec: dict[str, Any]) -> None:
    """Write what is about to be done, or refuse a folder in which something else was begun."""
    if folder is None:
        return
    if (folder / SPEC).exists():
        before = read_json(folder / SPEC)
        other = [key for key, value in spec.items() if not isinstance(before, dict) or before.get(key) != value]
        if other:
            raise InputError(
                f"expected the run begun in {folder}, got another {', '.join(other)}: repeat its command, or take "
                "a new --out"
            )
    else:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"expected --out to be a new or empty directory, or a run to go on with, got {folder}")
        write_json(folder / SPEC, {**spec, "versions": versions()})


def save(folder: Path | None, names: Sequence[str], nets: Sequence[nn.Module], data: Dataset, *, victim: str) -> None:
    """Write the substitutes to `substitute/`, `substitute-2/`, ..., each a model that `load_model` takes."""
    for place, (name, net) in enumerate(zip(names, nets, strict=True), 1):
        if folder is not None:
            home = folder / ("substitute" if place == 1 else f"substitute-{place}")
            save_model(home, name, net, input_shape=data.shape, classes=data.classes, substitute_of=victim)
