"""Each player sees what the first will answer, and moves by that: the first, a discriminator, cannot be outrun."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from sparring.errors import InputError
from sparring.games._ahead import loss_ahead
from sparring.games._table import Table
from sparring.games.base import Batch, Game, Rule


@dataclass(frozen=True)
class Unrolled(Rule):
    """The first player moves as ever; each other by the slope of its loss after k more steps of the first.

    x ← x − η ∇ₓL(x, y), then y ← y − η d/dy M(x_k(y), y), x_0 = x, x_{i+1}(y) the step of the first player's own
    optimizer from x_i(y), on the same batch. The slope goes through all k steps; after it the first is as it was,
    weights, moments, running statistics and the game's memory, as if it had taken none (G24). On min max xy, k steps
    of plain gradients damp the circle: y climbs along x − 2 k η y.

    Fields: `k` ≥ 0 steps looked ahead; 0 for `alternating`, to the bit.

    Raises: InputError for an optimizer that cannot be looked ahead with, and where something follows its steps.

    Cost: a gradient of the first player; for each other player its own, and k gradients of the first that are
    themselves differentiated, with memory for all of them. One batch.

    Source: Metz, Poole, Pfau and Sohl-Dickstein 2017, arXiv 1611.02163, eq. 7 to 10. **Differs**: the first player
    moves before the others look, where the paper's two move at once.

    >>> from sparring.registry import parse
    >>> parse("unrolled(k=10)").batches
    1
    """

    cites = ("metz2017",)
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 0:
            raise InputError(f"expected k >= 0 steps to look ahead, got {self.k}")

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Move the first player, then each other by its slope ahead."""
        first, *others = game.turns(batches[0])
        table.gradient(first)
        table.step(first.player)
        for turn in others:
            ahead = functools.partial(loss_ahead, table, first, turn, self.k, game.memory)
            table.gradient(turn, ahead if self.k else None)
            table.step(turn.player)
