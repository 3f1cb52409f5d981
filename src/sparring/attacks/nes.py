"""NES: projected gradient descent on a gradient estimated from scores along pairs of Gaussian directions."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.attacks._differences import falling, per_coordinate, rounds, slope
from sparring.attacks._objectives import objective
from sparring.attacks._queries import Queries, check_queries
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class NES(Attack):
    """Iterate m ← μ m + (1 − μ) g, x ← Π_S(x + α steepest(m)), g = (1 / 2σp) Σ_i (L(x + σu_i) − L(x − σu_i)) u_i.

    u_i ~ N(0, I), p pairs a step.

    Fields: `queries` ≥ 2 a sample; `pairs` p ≥ 1 a step; `sigma` σ > 0 in units of ε (ε / √D in L2); `step_size` α > 0
    in units of ε, which falls to a tenth by the end; `momentum` μ in [0, 1); `loss`, ce, margin or dlr.

    Cost: at most queries forwards. Needs scores.

    Source: Ilyas, Engstrom, Athalye and Lin 2018, arXiv 1804.08598, section 2. **Differs**: looks stay inside the
    threat; the loss is the margin; σ and α are shares of ε, and σ is large: what counts is the slope over the ball, not
    at the point; α falls with the steps, not when the loss stalls; the last query goes to the last image (T19).

    >>> import sparring
    >>> sparring.parse("nes(queries=500)").passes(classes=10)
    500
    """

    norms = ("linf", "l2")
    needs = "scores"
    differences = True
    cites = ("ilyas2018",)
    queries: int = 2000
    pairs: int = 10
    sigma: float = 0.5
    step_size: float = 0.5
    momentum: float = 0.8
    loss: str = "margin"

    def __post_init__(self) -> None:
        objective(self.loss)
        check_queries(self.queries, 2)
        if self.pairs < 1:
            raise InputError(f"expected pairs >= 1, got {self.pairs}")
        if not self.sigma > 0 or not self.step_size > 0 or not 0 <= self.momentum < 1:
            raise InputError(
                "expected sigma > 0, step_size > 0 and momentum from 0 to below 1, "
                f"got {self.sigma}, {self.step_size} and {self.momentum}"
            )

    def passes(self, classes: int) -> int:
        return self.queries

    def run(self, search: Search) -> None:
        queries, loss, x = Queries(search, self.queries), objective(self.loss), search.x
        spread = self.sigma * per_coordinate(search.threat, x, radius(self, search.threat))
        z, mean = x, torch.zeros_like(x)
        for share in falling(rounds(self.queries, self.pairs)):
            gradient = slope(search, queries, z, loss, pairs=self.pairs, sigma=spread, draw="normal")
            mean = self.momentum * mean + (1 - self.momentum) * gradient
            z = search.threat.step(x, z, mean, share * self.step_size * radius(self, search.threat))
        queries.logits(z)
