"""A turn to be in, points in the plane to learn, and games small enough to be played in a blink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.core.group import Group
from sparring.data import Dataset
from sparring.games import Batch, Feed, Table
from sparring.gan import Discriminator, GanGame, Generator, recipe
from sparring.gan._moment import Moment


def a_batch(x: Tensor, *, y: Tensor | None = None, seed: int = 5, share: float = 0.0, first: int = 0) -> Batch:
    return Batch(x, y, torch.arange(first, first + len(x)), seed, share)


def a_moment(x: Tensor, player: str = "discriminator", **fields: Any) -> Moment:
    return Moment(a_batch(x, **fields), player)


@pytest.fixture
def batch() -> Callable[..., Batch]:
    return a_batch


@pytest.fixture
def moment() -> Callable[..., Moment]:
    return a_moment


def points(n: int = 600) -> Dataset:
    """A normal cloud in the plane, aslant: mean (0.6, 0.4), deviations 0.1 and 0.06, correlation 0.5."""
    generator = torch.Generator().manual_seed(0)
    e = torch.randn(n, 2, generator=generator)
    x = torch.stack([0.6 + 0.1 * e[:, 0], 0.4 + 0.06 * (0.5 * e[:, 0] + 0.75**0.5 * e[:, 1])], 1)
    return Dataset(x.clamp(0, 1), torch.arange(n) % 3, ("a", "b", "c"), "points")


def pictures(n: int = 40, shape: tuple[int, ...] = (1, 8, 8)) -> Dataset:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
    return Dataset(pixels, torch.arange(n) % 3, ("a", "b", "c"), "pictures")


@dataclass
class Play:
    """A game with all it takes to be played."""

    generator: Generator
    discriminator: Discriminator
    game: GanGame
    table: Table
    feed: Feed

    def round(self, rule: Any, number: int = 0) -> None:
        rule.play(self.table, self.game, [self.feed.batch(number + i, round_=number) for i in range(rule.batches)])
        self.table.close_round(self.feed.size)


def a_play(text: str, data: Dataset | None = None, *, group: Group | None = None, precision: str = "float32") -> Play:
    data, unit = data or points(), recipe(text)
    generator, discriminator = unit.build(data.shape, len(data.classes), seed=3, data=data)
    game = unit.game(generator, discriminator, group)
    feed = Feed(data, unit.batch_size, 3, group=group)
    return Play(generator, discriminator, game, unit.table(game, group, precision), feed)


@pytest.fixture
def play() -> Callable[..., Play]:
    return a_play


@pytest.fixture
def cloud() -> Callable[..., Dataset]:
    return points


@pytest.fixture
def small() -> Callable[..., Dataset]:
    return pictures
