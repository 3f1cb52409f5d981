"""Primal-dual proximal gradient descent: the norm is shrunk exactly, the price of a miss is learned along the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from sparring.attacks._adam import Adam
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._prox import shrink
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Labels, Logits, Scores

DUAL_LR, DUAL_FALL, EMA = 0.1, 0.1, 0.9
ITERATIONS = 20
MOST = math.log(1e6)
"""Bounds of log λ₁ / λ₀, the price of a miss over the price of the norm."""


@dataclass(frozen=True)
class PDPGD(Attack):
    """Seek min over δ, max over λ of λ₀ ‖δ‖ + λ₁ log(1 + exp(−margin)): Adam on the loss, then prox of the norm.

    log(λ₁ / λ₀) grows by θ after an image that was not wrong, and falls by θ after one that was; the λ in use is a
    moving average. η falls exponentially to η₀ / 100, θ linearly from 0.1 to 0.01. At the end the boundary is looked
    for between x and the nearest image found.

    Fields: `steps` ≥ 1; `lr` η₀ > 0, in widths of the box; `ratio` > 0, λ₁ / λ₀ at the start.

    Cost: steps + 9 forwards, steps backwards.

    Source: Matyasko and Chau 2021, arXiv 2106.01538, Alg. 2. **Differs**: the prox is exact in Adam's metric and in
    the box, where the paper iterates; the last segment.

    >>> import sparring
    >>> sparring.parse("pdpgd(steps=50)").passes(classes=10)
    109
    """

    minimal = True
    norms = ("linf", "l2", "l1")
    free_threat = "l2(inf)"
    cites = ("matyasko2021", "kingma2015")
    steps: int = 100
    lr: float = 0.1
    ratio: float = 100.0

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.lr > 0 or not self.ratio > 0:
            raise InputError(f"expected steps >= 1, lr > 0 and ratio > 0, got {self.steps}, {self.lr} and {self.ratio}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1 + LOOKS

    def run(self, search: Search) -> None:
        self.descend(search, margin)
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def descend(self, search: Search, loss: Objective, targets: Labels | None = None) -> None:
        """Iterate from x on a loss that is positive where it is won; `targets` stands in for the search's own.

        Cost: steps + 1 forwards, steps backwards.
        """
        hinge = hinged(loss)
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        width = (high - low).expand_as(x)
        adam, dual = Adam(x), torch.full_like(search.nearest, math.log(self.ratio))
        share, z = dual.sigmoid(), x
        for step in range(self.steps):
            _, values, gradient = search.look(z, hinge, targets)
            rate = self.lr * 0.01 ** (step / self.steps)
            ahead = z + rate * width * adam.direction(gradient)
            weight = self._weight(adam.scale / width, sparse=threat.name() == "l1")
            z = shrink(threat, x, threat.clip(x, ahead), weight, rate * (1 - share) / share)
            pace = DUAL_LR * (1 - (1 - DUAL_FALL) * step / self.steps)
            dual = (dual + torch.where(values > -math.log(2), -pace, pace)).clamp(-MOST, MOST)
            share = EMA * share + (1 - EMA) * dual.sigmoid()
        search.logits(z)

    def _weight(self, scale: Images, *, sparse: bool) -> Images:
        """Return the metric: Adam's, but in L1 less uneven.

        An exact prox there would put most coordinates back to 0 for good. An iterated one shrinks those of weight w
        by 1 − (1 − w / w_max)^k of that after k iterations: the same, in one.
        """
        weight = scale.clamp_min(1e-30)
        if sparse:
            share = weight / _column(weight.flatten(1).amax(1), weight)
            weight = weight / (1 - (1 - share) ** ITERATIONS).clamp_min(1e-7)
        return weight


def hinged(loss: Objective) -> Objective:
    """Return −log(1 + exp(−loss)), which loses its slope where the loss is far above 0."""

    def hinge(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
        return -F.softplus(-loss(logits, labels, targets))

    return hinge
