"""All at once: every player moves from where all stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparring.games._table import Table
from sparring.games.base import Batch, Game, Rule


@dataclass(frozen=True)
class Simultaneous(Rule):
    """All gradients are taken at the same point, then all players move.

    w ← w − η v(w), v the gradients of all players side by side. On min max xy it spirals out: |w| grows by √(1 + η²).

    Cost: one gradient of each player; one batch.

    Source: Mescheder, Nowozin and Geiger 2017, arXiv 1705.10461, section 3. **Differs**: nothing; the optimizer is the
    caller's.

    >>> from sparring.registry import parse
    >>> parse("simultaneous").batches
    1
    """

    cites = ("mescheder2017",)

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Ask for every gradient before anyone moves."""
        turns = game.turns(batches[0])
        for turn in turns:
            table.gradient(turn)
        for turn in turns:
            table.step(turn.player)
