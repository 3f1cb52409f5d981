"""A game, apart from how it is played: who plays, what each player wants of a batch, and who moves when."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from torch import Tensor, nn

from sparring.registry import Unit
from sparring.types import Images, Labels

if TYPE_CHECKING:
    from sparring.games._table import Table


@dataclass(frozen=True, eq=False)
class Batch:
    """What one round is played on.

    Fields:
        x: images (n, *chw) in [0, 1].
        y: labels (n,), or None when the data have none.
        index: (n,) places in the data set; with `seed` they name a sample's own random numbers.
        seed: of this round; the same whatever the number of processes, and after any interruption.
        share: how much of the training is done, in [0, 1).
        extra: images without labels (m, *chw), where there are some to learn from as well.
        replay: how often this very batch was played before, 0 the first time.
        weight: this process's share of the samples of the batch, 1 for a process on its own.
    """

    x: Images
    y: Labels | None
    index: Tensor
    seed: int
    share: float = 0.0
    extra: Images | None = None
    replay: int = 0
    weight: float = 1.0

    @property
    def labels(self) -> Labels:
        """The labels, for games that cannot do without: the data were asked for them before the first round."""
        assert self.y is not None
        return self.y


@dataclass(frozen=True, eq=False)
class Turn:
    """What one player wants now: `loss` gives a number that it would like smaller, a mean over the batch.

    The loss is asked for when the player is to move, so it sees the moves made before; it is a pure function of
    weights and batch, which neither calls `backward` nor knows an optimizer. `figures` are means over the batch worth
    writing down, filled in by the loss; `weight` is that of the batch. `whole` gives the loss with the weights of all
    players in its graph, for rules that look through another's steps; None where `loss` has them there.
    """

    player: str
    loss: Callable[[], Tensor]
    figures: dict[str, Tensor] = field(default_factory=dict)
    weight: float = 1.0
    whole: Callable[[], Tensor] | None = None


Players: TypeAlias = Mapping[str, nn.Module]


class Game(ABC):
    """Players, and what they want. `memory` is what the game itself carries from round to round; it is saved.

    `replays` is how many rounds are played on each batch before the next one comes.
    """

    players: Players
    memory: dict[str, Tensor]
    replays: int = 1

    def __init__(self, players: Players) -> None:
        self.players = dict(players)
        self.memory = {}

    @abstractmethod
    def turns(self, batch: Batch) -> Sequence[Turn]:
        """Return whose turns a round on this batch has, in the order in which alternating players move."""


@dataclass(frozen=True)
class Rule(Unit, ABC):
    """Who moves when. Subclasses are final: they say how many batches a round takes, and play it."""

    kind: ClassVar[str] = "rule"

    @property
    def batches(self) -> int:
        """How many batches one round uses up."""
        return 1

    @abstractmethod
    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Play one round: ask for gradients, move the players."""


class FunctionGame(Game):
    """A game of plain functions, for toys and proofs: each player's loss by name, of no data.

    >>> import torch
    >>> x = nn.ParameterList([torch.tensor(1.0)])
    >>> FunctionGame({"x": x}, {"x": lambda: x[0] ** 2}).turns(None)[0].loss().item()
    1.0
    """

    def __init__(self, players: Players, losses: Mapping[str, Callable[[], Tensor]]) -> None:
        super().__init__(players)
        self._losses = dict(losses)

    def turns(self, batch: Batch | None) -> Sequence[Turn]:
        """Return each player's loss, in the order given."""
        return [Turn(name, loss) for name, loss in self._losses.items()]
