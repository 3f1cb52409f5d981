"""How many epochs fit into so many minutes: some rounds are timed, and forgotten."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import torch

from sparring.core.group import this_group
from sparring.core.runs import read_json
from sparring.data import Dataset
from sparring.defenses import Defense, Setting
from sparring.errors import InputError
from sparring.harden._data import part
from sparring.harden._recipe import Recipe
from sparring.harden._subject import subject
from sparring.harden._train import look, run
from sparring.registry import parse_as
from sparring.threats import Threat

ROUNDS = 12
"""Rounds that are timed, after as many that are not."""


def fitting_epochs(
    model: str,
    data: Dataset,
    threat: Threat,
    defense: str | Defense,
    recipe: Recipe,
    minutes: float,
    folder: Path | None,
    *,
    device: str = "cpu",
) -> float:
    """Return the epochs that a training of so many minutes has, in steps of a tenth; those of a run that has begun.

    The looks at held-out data are paid for out of the same minutes; preparations and audits are not.

    Raises: InputError when not even a tenth of an epoch fits.
    """
    if not minutes > 0:
        raise InputError(f"expected minutes > 0, got {minutes}")
    if folder is not None and (folder / "spec.json").exists():
        return float(read_json(folder / "spec.json")["recipe"]["epochs"])
    method = parse_as(Defense, defense)
    who = subject(model, data, method)
    few = part(data, torch.arange(min(len(data), ROUNDS * recipe.batch_size)))
    place, seconds = torch.device(device), 0.0
    net = who.fresh(data, method, 0).to(place)
    one = dataclasses.replace(recipe, epochs=1.0, average=0.0)
    ready = method.prepare(
        Setting(net, who.unit, few, len(data.classes), threat, 0, None, lambda temperature=1.0: net.eval(), place)
    )
    for _ in range(2):
        started = time.perf_counter()
        run(net, method, few, None, threat, one, seed=0, prepared=ready, device=place)
        seconds = time.perf_counter() - started
    started = time.perf_counter()
    look(net, part(data, torch.arange(min(len(data), recipe.held_out))), threat, 0, place)
    looks = recipe.evaluations * (time.perf_counter() - started)
    epochs = (60 * minutes - looks) / (seconds * len(data) / len(few))
    epochs = float(this_group().share(int(10 * epochs) / 10))
    if epochs < 0.1:
        raise InputError(f"expected minutes for a tenth of an epoch at least, got {minutes}: an epoch takes longer")
    return epochs
