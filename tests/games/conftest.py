"""The game whose every path is known, and a net small enough to be trained in a blink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.average import Average
from sparring.data import Dataset
from sparring.games import Batch, Feed, FunctionGame, Game, Player, Rule, Table, Turn

START = (0.7, -0.4)


@dataclass
class Bilinear:
    """min_x max_y x·y in float64, both players on plain gradient steps of length eta."""

    eta: float
    asked: int = 0
    table: Table = field(init=False)
    game: FunctionGame = field(init=False)

    def __post_init__(self) -> None:
        x, y = (nn.ParameterList([torch.tensor(at, dtype=torch.float64)]) for at in START)

        def loss(sign: float) -> Callable[[], Tensor]:
            def product() -> Tensor:
                self.asked += 1
                return sign * x[0] * y[0]

            return product

        self.game = FunctionGame({"x": x, "y": y}, {"x": loss(1.0), "y": loss(-1.0)})
        players = {
            name: Player(m, torch.optim.SGD(m.parameters(), lr=self.eta)) for name, m in self.game.players.items()
        }
        self.table = Table(players)

    @property
    def at(self) -> Tensor:
        return torch.stack([self.game.players[name][0].detach() for name in "xy"])  # type: ignore[index]

    def path(self, rule: Rule, rounds: int) -> Tensor:
        """The points (rounds + 1, 2) of a game, the first before it."""
        points = [self.at]
        for _ in range(rounds):
            rule.play(self.table, self.game, [None] * rule.batches)  # type: ignore[list-item]
            points.append(self.at)
        return torch.stack(points)


@pytest.fixture
def bilinear() -> type[Bilinear]:
    return Bilinear


class Noted(Game):
    """A game that writes down what it is asked: one player `net` learns labels, under dropout."""

    def __init__(self, net: nn.Module, replays: int = 1) -> None:
        super().__init__({"net": net})
        self.net, self.replays = net, replays
        self.batches: list[Batch] = []

    def turns(self, batch: Batch) -> Sequence[Turn]:
        self.batches.append(batch)
        figures: dict[str, Tensor] = {}

        def loss() -> Tensor:
            x = batch.x
            if self.replays > 1:  # what is carried from one replay to the next
                before = self.memory.pop("x", None)
                x = x if before is None or not batch.replay else before * 0.9
                if batch.replay + 1 < self.replays:
                    self.memory["x"] = x
            logits = self.net(x)
            figures["right"] = (logits.argmax(1) == batch.y).float().mean()
            return F.cross_entropy(logits, batch.labels)

        return [Turn("net", loss, figures)]


def small_net() -> nn.Module:
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(48, 3)
    )


def small_data(n: int = 50) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (n, 1, 4, 4), generator=generator, dtype=torch.uint8)
    return Dataset(pixels, torch.arange(n) % 3, ("a", "b", "c"), "small")


@dataclass
class Toy:
    """A net with batch norm and dropout, its average, Adam, and data in uneven batches."""

    replays: int = 1
    average: bool = True
    schedule: Callable[[float], float] | None = None
    group: Any = None
    net: nn.Module = field(init=False)
    game: Noted = field(init=False)
    table: Table = field(init=False)
    feed: Feed = field(init=False)

    def __post_init__(self) -> None:
        self.net = small_net()
        self.game = Noted(self.net, self.replays)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=0.02)
        mean = Average(self.net, 40.0) if self.average else None
        self.table = Table({"net": Player(self.net, optimizer, self.schedule, mean)}, self.group)
        self.feed = Feed(small_data(), 12, 3, group=self.group)


@pytest.fixture
def toy() -> type[Toy]:
    return Toy


@pytest.fixture
def data() -> Callable[..., Dataset]:
    return small_data
