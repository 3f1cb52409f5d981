"""How many images a training sees in so many minutes: some rounds are timed, and forgotten."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
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

PART, PARTS = 4, 5
"""Rounds that are timed at once, as many as lazy penalties commonly return in, and how often. The median counts, so
that what else the machine does for a moment does not shorten a training."""


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
    play(game, unit.rule, table, feed, Plan(PART))
    before = table.images
    parts = [_seconds(play, game, unit.rule, table, feed, Plan(PART * (2 + i))) for i in range(PARTS)]
    rate = (table.images - before) / PARTS / statistics.median(parts)
    look = Looks(data, generator.latent, 0, None, judge)
    look(table)  # the first one takes longer
    images = int(group.share(round(rate * (60 * minutes - looks * _seconds(look, table)))))
    if images < (least := PART * PARTS) * unit.batch_size:
        raise InputError(f"expected minutes for {least} rounds at least, got {minutes}: a round takes longer")
    return images


def _seconds(do: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    do(*given)
    return time.perf_counter() - started
