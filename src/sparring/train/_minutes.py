"""How many images a training sees in so many minutes: some rounds are timed, and forgotten."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from sparring.core.group import Group
from sparring.core.runs import read_json
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games import Feed, Plan
from sparring.games import train as play
from sparring.gan import Gan
from sparring.train._held import Judge
from sparring.train._looks import Looks

ROUNDS = 12
"""Rounds that are timed, after a few that are not."""


def fitting_images(
    unit: Gan,
    data: Dataset,
    minutes: float,
    looks: int,
    folder: Path | None,
    group: Group,
    device: torch.device,
    judge: Judge | None = None,
) -> int:
    """Return the images that fit, the looks paid for out of the same minutes; those of a run that has begun.

    Raises: InputError when not even ROUNDS rounds do.
    """
    if not minutes > 0:
        raise InputError(f"expected minutes > 0, got {minutes}")
    if folder is not None and (folder / "spec.json").exists():
        return int(read_json(folder / "spec.json")["images"])
    generator, discriminator = unit.build(data.shape, len(data.classes), data=data)
    game = unit.game(generator.to(device), discriminator.to(device), group)
    table, feed = unit.table(game, group), Feed(data, unit.batch_size, 0, group=group, device=device)
    play(game, unit.rule, table, feed, Plan(4))
    started, before = time.perf_counter(), table.images
    play(game, unit.rule, table, feed, Plan(4 + ROUNDS))
    rate = (table.images - before) / (time.perf_counter() - started)
    started = time.perf_counter()
    Looks(data, generator.latent, 0, None, judge)(table)
    images = int(group.share(round(rate * (60 * minutes - looks * (time.perf_counter() - started)))))
    if images < ROUNDS * unit.batch_size:
        raise InputError(f"expected minutes for {ROUNDS} rounds at least, got {minutes}: a round takes longer")
    return images
