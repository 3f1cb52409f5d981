"""Look ahead, then move from where you stood, by the gradient over there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparring.games._table import Table
from sparring.games.base import Batch, Game, Rule


@dataclass(frozen=True)
class Extragradient(Rule):
    """All players step ahead together, look at the gradient there, and move by it from where they stood.

    w½ = w − η v(w), then w ← w − η v(w½). On min max xy it spirals in: |w|² shrinks by 1 − η² + η⁴.

    Cost: two gradients of each player; two batches, one for each look.

    Source: Gidel et al. 2019, arXiv 1802.10551, algorithms 2 and 4; Korpelevich 1976. **Differs**: nothing; with Adam
    both looks enter its moments, as in the paper's ExtraAdam.

    >>> from sparring.registry import parse
    >>> parse("extragradient").batches
    2
    """

    cites = ("gidel2019",)

    @property
    def batches(self) -> int:
        """One for the step ahead, one for the move."""
        return 2

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Take both looks from the same starting point."""
        movers = [turn.player for turn in game.turns(batches[0])]
        start = {name: table.point(name) for name in movers}
        for look, batch in enumerate(batches):
            for turn in game.turns(batch):
                table.gradient(turn)
            for name in movers:
                if look:
                    table.move_to(name, start[name])
                table.step(name)
