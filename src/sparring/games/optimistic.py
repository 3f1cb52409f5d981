"""Expect the gradient to change as it changed last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparring.games._table import Table
from sparring.games.base import Batch, Game, Rule


@dataclass(frozen=True)
class Optimistic(Rule):
    """All players move by twice the gradient minus the one before: the look ahead of extragradient, from memory.

    w ← w − η (2 v(wₜ) − v(wₜ₋₁)), v(w₋₁) = v(w₀). On min max xy it spirals in, for one gradient a round.

    Cost: one gradient of each player; one batch; memory for one more gradient each.

    Source: Daskalakis, Ilyas, Syrgkanis and Zeng 2018, arXiv 1711.00141, eq. 5. **Differs**: the optimizer is the
    caller's and is given 2 v(wₜ) − v(wₜ₋₁) as its gradient; the paper's OAdam extrapolates Adam's own step instead.

    >>> from sparring.registry import parse
    >>> parse("optimistic").batches
    1
    """

    cites = ("daskalakis2018",)

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Correct every gradient by the last one, then move all."""
        turns = game.turns(batches[0])
        for turn in turns:
            table.gradient(turn)
        for turn in turns:
            for place, parameter in enumerate(table.parameters(turn.player)):
                if parameter.grad is None:
                    continue
                now, key = parameter.grad.clone(), f"optimistic/{turn.player}/{place}"
                parameter.grad.mul_(2).sub_(table.memory.get(key, now).to(now.device))
                table.memory[key] = now
            table.step(turn.player)
