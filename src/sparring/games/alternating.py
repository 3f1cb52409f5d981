"""One after the other: each player answers the move that was just made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparring.errors import InputError
from sparring.games._table import Table
from sparring.games.base import Batch, Game, Rule


@dataclass(frozen=True)
class Alternating(Rule):
    """Players move in the order of their turns; the first moves k times, on a batch each, before the others move once.

    x ← x − η ∇ₓL(x, y), then y ← y − η ∇ᵧM(x, y) at the x just reached. On min max xy: an ellipse, neither in nor out.

    Fields: `k` ≥ 1 moves of the first player a round (of the discriminator, in a GAN).

    Cost: k gradients of the first player and one of each other; k batches.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, algorithm 1. **Differs**: nothing; the optimizer is the caller's.

    >>> from sparring.registry import parse
    >>> parse("alternating(k=5)").batches
    5
    """

    cites = ("goodfellow2014",)
    k: int = 1

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"expected k >= 1 moves of the first player, got {self.k}")

    @property
    def batches(self) -> int:
        """A batch for each move of the first player."""
        return self.k

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Move the first player on every batch, and the others on the last."""
        for batch in batches:
            first, *others = game.turns(batch)
            table.gradient(first)
            table.step(first.player)
        for turn in others:
            table.gradient(turn)
            table.step(turn.player)
