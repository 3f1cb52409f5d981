"""The elastic-net attack: Carlini and Wagner's search for c with a price on the sum of changes beside their squares."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.attacks._cw import Bracket, Rounds, beyond, linear_constant
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._rivals import cost, stretched, stretches
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Scores

STRIDE = 0.1
"""The first step, as a share of the one that lands where a linear model has its minimum."""


@dataclass(frozen=True)
class EAD(Attack):
    """Minimize c · f(x') + ‖δ‖₂² + β ‖δ‖₁ by accelerated shrinkage, x' = S_β(y − η ∇), y = x' + k/(k+3) (x' − x'_last).

    f = max(z_y − max_{j≠y} z_j, 0) (its targeted form for a target); S_β brings every change nearer to 0 by η β, and x'
    into the box. c is searched as in `cw_l2`, sample by sample; η falls to 0 as the square root of what is left of a
    round.

    Fields: `steps` ≥ 1 a round; `search_steps` ≥ 1 rounds; `beta` β > 0, in widths of the box: larger is sparser.

    Cost: steps · search_steps + 2 forwards and backwards, and for the nearest classes and the segment 9 of each more.

    Source: Chen et al. 2018, arXiv 1709.04114, Alg. 1. **Differs**: the first c and the step come from the slope at x,
    where the paper starts at 1e-3 and 0.01; β is larger, as only the L1 distance is judged; the class is chosen and the
    boundary is looked for at the end as in `cw_l2`.

    >>> import sparring
    >>> sparring.parse("ead(steps=50)").passes(classes=2)
    912
    """

    minimal = True
    norms = ("l1",)
    free_threat = "l1(inf)"
    cites = ("chen2018ead", "carlini2017")

    steps: int = 100
    search_steps: int = 9
    beta: float = 0.5

    def __post_init__(self) -> None:
        if self.steps < 1 or self.search_steps < 1 or not self.beta > 0:
            raise InputError(
                f"expected steps >= 1, search_steps >= 1 and beta > 0, "
                f"got {self.steps}, {self.search_steps} and {self.beta}"
            )

    def passes(self, classes: int) -> int:
        return 2 * (self.steps * self.search_steps + 2) + cost(classes) + LOOKS

    def run(self, search: Search) -> None:
        search.goal = beyond(0.0)
        for scale, rounds in stretches(search, self.search_steps):
            self.bisect(search, stretched(search, scale, margin), rounds)
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def bisect(self, search: Search, loss: Objective, search_steps: int) -> None:
        """Run the rounds on one form of the margin."""
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        beta = self.beta * float((high - low).max())
        value, slope = search.gradient(x, loss)
        constant = Bracket(self._first(-value, slope, beta))
        rounds, z, y = Rounds(value, self.steps, 0.0), x, x
        count, won = torch.zeros_like(value), torch.zeros_like(search.active)
        for _ in range(self.steps * search_steps):
            value, slope = search.gradient(y, loss)
            hit = value > 0
            won |= hit
            rate = _column(STRIDE * rounds.rate.sqrt(), x)
            pull = 2 * (y - x) - _column(constant.value * ~hit, x).to(x.dtype) * slope
            change = y - rate * pull - x
            ahead = threat.clip(x, x + (change.abs() - rate * beta).clamp_min(0) * change.sign())
            y = threat.clip(x, ahead + _column(count / (count + 3), x) * (ahead - z))
            z, count = ahead, count + 1
            over = rounds.over()
            constant.update(over, won)
            won &= ~over
            count = torch.where(over, 0, count)
            z, y = (torch.where(_column(over, x), x, each) for each in (z, y))

    def _first(self, gap: Scores, slope: Images, beta: float) -> Scores:
        """Return a first c: what a linear model needs without β, and enough to lift its steepest coordinate over β."""
        steepest = slope.abs().flatten(1).amax(1)
        lift = beta / torch.where(steepest > 0, steepest, 1)
        return linear_constant(gap, slope) + lift
