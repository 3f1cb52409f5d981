"""Carlini and Wagner's L2 attack: the least change, traded against the margin by a constant found by bisection."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.attacks._cw import (
    Adam,
    Box,
    Bracket,
    Rounds,
    beyond,
    check_fields,
    linear_constant,
)
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._rivals import cost, stretched, stretches
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.threats.base import _column

STRIDES = 16.0
"""A round may go so many times as far as a linear model asks for: curved models need more, and Adam turns back."""


@dataclass(frozen=True)
class CWL2(Attack):
    """Minimize ‖δ‖₂² + c · f(x + δ), f(x') = max(z_y − max_{j≠y} z_j, −κ), by Adam on w with x + δ = ½ (tanh w + 1).

    For a target t, f(x') = max(max_{j≠t} z_j − z_t, −κ). A round of Adam starts at x with a constant c; the sample's
    next c is larger where no image of the round had f = −κ, smaller where one had.

    Fields: `steps` ≥ 1 of Adam a round; `search_steps` ≥ 1 rounds (more, when some end early); `lr` > 0, Adam's rate
    at the start of a round, and `c` > 0, the first constant, None for what would serve a model as linear as it is at
    x (a rate that doubles while no round succeeds, if both are None); `confidence` κ ≥ 0 in logits, which an image must
    have to count.

    Cost: steps · search_steps + 2 forwards and backwards, and for the nearest classes and the segment 9 of each more.

    Source: Carlini and Wagner 2017, arXiv 1608.04644, section V. **Differs**: tanh is cut at w = ±1, where it meets the
    edges of the box, so x is represented exactly and black and white pixels can move (T16); the rate falls to a tenth
    over a round; c starts from the slope at x and is bisected in its logarithm, where the paper starts at 1e-3;
    a round that stops improving is left by that sample alone (T24), for its next c; without a target the first half of
    the rounds weighs each class by its distance on the slopes at x, so that the nearest class leads and not the highest
    logit; at the end the boundary is looked for between x and the nearest image.

    >>> import sparring
    >>> sparring.parse("cw_l2(steps=1000)").passes(classes=10)
    18023
    """

    minimal = True
    norms = ("l2",)
    free_threat = "l2(inf)"
    cites = ("carlini2017", "kingma2015")

    steps: int = 100
    search_steps: int = 9
    lr: float | None = None
    c: float | None = None
    confidence: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)

    def passes(self, classes: int) -> int:
        return 2 * (self.steps * self.search_steps + 2) + cost(classes) + LOOKS

    def run(self, search: Search) -> None:
        search.goal = beyond(self.confidence)
        for scale, rounds in stretches(search, self.search_steps):
            self.bisect(search, stretched(search, scale, margin), rounds)
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def bisect(self, search: Search, loss: Objective, search_steps: int) -> Bracket:
        """Run the rounds on one form of the margin, and return what they have taught about c."""
        x, box = search.x, Box(search)
        value, slope = search.gradient(x, loss)
        gap = self.confidence - value
        guess = linear_constant(gap, slope)
        constant = Bracket(guess if self.c is None else torch.full_like(gap, self.c))
        far = guess / 2 * slope.abs().flatten(1).amax(1)
        lr = box.unit(STRIDES * far) / self.steps if self.lr is None else torch.full_like(gap, self.lr)
        adam, rounds, w = Adam(x, lr), Rounds(gap, self.steps, 0.1), box.start
        since = torch.full_like(search.labels, self.steps)
        for _ in range(self.steps * search_steps):
            todo = search.active & ~constant.within(1.005)
            if not bool(todo.any()):
                break
            z = box.image(w)
            with search.among(todo):
                value, slope = search.gradient(z, loss)
            short = (self.confidence - value).clamp_min(0)
            since = torch.where(short == 0, 0, since + 1)
            change = z - x
            pull = 2 * change - _column(constant.value * (short > 0), x) * slope
            w = box.hold(w + adam.move(pull * box.slope(w), rounds.rate))
            over = rounds.over(change.flatten(1).square().sum(1) + constant.value * short)
            constant.update(over, since < rounds.window)
            adam.reset(over)
            if self.lr is None and self.c is None:
                adam.lr = torch.where(over & torch.isinf(constant.worked), 2 * adam.lr, adam.lr)
            w, since = torch.where(_column(over, x), box.start, w), torch.where(over, self.steps, since)
        return constant
