"""Carlini and Wagner's Linf attack: all changes above a shrinking threshold are pressed below it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.attacks._cw import Adam, Box, Bracket, Rounds, beyond, check_fields
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._rivals import cost, stretched, stretches
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.threats.base import _column
from sparring.types import Scores

SHRINK = 0.9
"""The paper's factor from the largest change that worked to the next threshold."""
STRIDES = 5.0
"""A round may go so many times as far as τ."""
LEAST = 0.01
"""Least weight of the penalty on a pixel, as a share of the largest slope, where its own slope is about 0."""


@dataclass(frozen=True)
class CWLinf(Attack):
    """Minimize c · f(x + δ) + Σ_i max(|δ_i| − τ, 0) by Adam on w, x + δ = ½ (tanh w + 1), for smaller and smaller τ.

    f is the margin to be closed, as in `cw_l2`. Where a round finds an adversarial image with all |δ_i| ≤ τ, the next
    one goes on from there with τ = 0.9 max_i |δ_i|; where it finds none, with a τ between that and the last that did.

    Fields: `steps` ≥ 1 of Adam a round at most; `search_steps` ≥ 1 rounds of full length (most are shorter, so there
    are more); `lr` > 0, Adam's rate at the start of a round, None for one in proportion to τ; `confidence` κ ≥ 0 in
    logits, which an image must have to count.

    Cost: steps · search_steps + 2 forwards and backwards, and for the nearest classes and the segment 9 of each more.

    Source: Carlini and Wagner 2017, arXiv 1608.04644, section VI-B. **Differs**: in place of a search for c by
    doubling, the penalty on each pixel weighs twice the slope of f there, just enough to outweigh it; τ starts at
    twice what a linear model would need, not at 1, and grows where that fails; once a τ has failed the next lies
    between, until the two meet and the search starts over from there; the change of variable, the choice of class and
    the segment at the end are those of `cw_l2`.

    >>> import sparring
    >>> sparring.parse("cw_linf").passes(classes=2)
    1012
    """

    minimal = True
    norms = ("linf",)
    free_threat = "linf(inf)"
    cites = ("carlini2017", "kingma2015")

    steps: int = 100
    search_steps: int = 5
    lr: float | None = None
    confidence: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)

    def passes(self, classes: int) -> int:
        return 2 * (self.steps * self.search_steps + 2) + cost(classes) + LOOKS

    def run(self, search: Search) -> None:
        search.goal = beyond(self.confidence)
        for scale, rounds in stretches(search, self.search_steps):
            self.shrink(search, stretched(search, scale, margin), rounds)
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def shrink(self, search: Search, loss: Objective, search_steps: int) -> Bracket:
        """Run the rounds on one form of the margin, and return what they have taught about τ."""
        x, box = search.x, Box(search)
        value, slope = search.gradient(x, loss)
        gap, steep = self.confidence - value, slope.abs().flatten(1).sum(1)
        near = torch.where(steep > 0, gap / torch.where(steep > 0, steep, 1), 1)
        threshold = Bracket(2 * near, SHRINK)
        adam, rounds, w = Adam(x, self.rate(box, threshold.value)), Rounds(gap, self.steps, 0.01), box.start
        for _ in range(self.steps * search_steps):
            z = box.image(w)
            value, slope = search.gradient(z, loss)
            short, change = (self.confidence - value).clamp_min(0), z - x
            weight = torch.maximum(2 * slope.abs(), LEAST * _column(slope.abs().flatten(1).amax(1), x))
            above = change.abs() > _column(threshold.value, x)
            pull = weight * change.sign() * above - slope * _column(short > 0, x)
            size = change.abs().flatten(1).amax(1)
            worked = (short == 0) & (size <= threshold.value)
            w = box.hold(w + adam.move(pull * box.slope(w), rounds.rate))
            over = rounds.over(won=worked)
            threshold.update(over, worked, size)
            threshold.restart(over & threshold.within(1.005))
            adam.reset(over)
            adam.lr = self.rate(box, threshold.value)
        return threshold

    def rate(self, box: Box, threshold: Scores) -> Scores:
        """Return Adam's rate for these thresholds."""
        return box.unit(STRIDES * threshold) / self.steps if self.lr is None else torch.full_like(threshold, self.lr)
