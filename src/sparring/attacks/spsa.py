"""SPSA: Adam on a gradient estimated from scores, all coordinates stepping up or down at once."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.attacks._adam import Adam
from sparring.attacks._differences import falling, per_coordinate, rounds, slope
from sparring.attacks._objectives import objective
from sparring.attacks._queries import Queries, check_queries
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class SPSA(Attack):
    """Iterate x ← Π_S(x + α Adam(g)), g = (1 / 2σp) Σ_i (L(x + σ v_i) − L(x − σ v_i)) v_i, v_i ∈ {−1, 1}^D.

    Fields: `queries` ≥ 2 a sample; `pairs` p ≥ 1 a step; `sigma` σ > 0 and `lr` α > 0, how far a coordinate is moved
    for a look and for a step, in units of ε (ε / √D in L2), α falling to a tenth by the end; `loss`, ce, margin or dlr.

    Cost: at most queries forwards. Needs scores.

    Source: Uesato, O'Donoghue, van den Oord and Kohli 2018, arXiv 1802.05666, Alg. 1. **Differs**: looks stay inside
    the threat; σ and α are shares of ε; L2 too; a step takes tens of looks, not thousands, and Adam averages over
    steps; the last query goes to the last image (T19).

    >>> import sparring
    >>> sparring.parse("spsa(queries=500)").passes(classes=10)
    500
    """

    norms = ("linf", "l2")
    needs = "scores"
    differences = True
    cites = ("uesato2018", "kingma2015")
    queries: int = 2000
    pairs: int = 10
    sigma: float = 0.5
    lr: float = 0.5
    loss: str = "margin"

    def __post_init__(self) -> None:
        objective(self.loss)
        check_queries(self.queries, 2)
        if self.pairs < 1 or not self.sigma > 0 or not self.lr > 0:
            raise InputError(f"expected pairs >= 1, sigma > 0 and lr > 0, got {self.pairs}, {self.sigma} and {self.lr}")

    def passes(self, classes: int) -> int:
        return self.queries

    def run(self, search: Search) -> None:
        queries, loss, x, threat = Queries(search, self.queries), objective(self.loss), search.x, search.threat
        unit = per_coordinate(threat, x, radius(self, threat))
        adam, z = Adam(x), x
        for share in falling(rounds(self.queries, self.pairs)):
            gradient = slope(search, queries, z, loss, pairs=self.pairs, sigma=self.sigma * unit, draw="signs")
            z = threat.project(x, z + share * self.lr * unit * adam.direction(gradient))
        queries.logits(z)
