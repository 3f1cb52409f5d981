"""Carlini and Wagner's L0 attack: pixels that matter least are put back, until no fewer will do."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._cw import Adam, Box, Rounds, beyond, check_fields, linear_constant
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._rivals import cost, stretched, stretches
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.threats.base import _column
from sparring.types import Images

EAGER = 10.0
"""c, in units of the one that is right for a linear model: within the pixels allowed, success comes before nearness."""
STRIDES = 16.0
"""A round may go so many times as far as a linear model asks for."""
SHARE = 0.5
"""Share of the pixels still allowed that one round puts back, at first; halved after each failure."""
COUNTS = 8
"""Counts of pixels that the bisection at the end tries."""


@dataclass(frozen=True)
class CWL0(Attack):
    """Run the L2 attack on a shrinking set of pixels: after each success freeze those with the least |g_i δ_i|.

    g = ∇f(x + δ) for the margin f to be closed. A round goes on from the δ of the last success, with the frozen pixels
    back at x; where it fails, half as many are put back, and in the end one by one.

    Fields: `steps` ≥ 1 of Adam a round at most; `search_steps` ≥ 1 rounds of full length (a round ends at its first
    success, so there are more); `lr` > 0, Adam's rate at the start of a round, None for what would serve a model as
    linear as it is at x; `confidence` κ ≥ 0 in logits, which an image must have to count.

    Cost: steps · search_steps + 4 forwards and backwards, and for the nearest classes and the counts at the end 18
    forwards and 9 backwards more.

    Source: Carlini and Wagner 2017, arXiv 1608.04644, section VI-A. **Differs**: coordinates, not pixels of three
    channels; many are frozen a round where the paper freezes one; c is fixed at ten times what a linear model needs;
    at the end the pixels of most |g_i| · (room in the box) are moved all the way and the smallest count of them that
    works is found by bisection, which is exact for a linear model, where g_i δ_i misjudges pixels with little room.

    >>> import sparring
    >>> sparring.parse("cw_l0(steps=20)").passes(classes=2)
    424
    """

    minimal = True
    norms = ("l0",)
    free_threat = "l0(inf)"
    cites = ("carlini2017", "kingma2015")

    steps: int = 50
    search_steps: int = 10
    lr: float | None = None
    confidence: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)

    def passes(self, classes: int) -> int:
        return 2 * (self.steps * self.search_steps + 2) + cost(classes) + 2 * (2 + COUNTS)

    def run(self, search: Search) -> None:
        search.goal = beyond(self.confidence)
        for scale, rounds in stretches(search, self.search_steps):
            loss = stretched(search, scale, margin)
            self.freeze(search, loss, rounds)
            fewest(search, loss)

    def freeze(self, search: Search, loss: Objective, search_steps: int) -> None:
        """Run the rounds on one form of the margin."""
        x, box = search.x, Box(search)
        value, slope = search.gradient(x, loss)
        gap = self.confidence - value
        constant = EAGER * linear_constant(gap, slope)
        far = linear_constant(gap, slope) / 2 * slope.abs().flatten(1).amax(1)
        lr = box.unit(STRIDES * far) / self.steps if self.lr is None else torch.full_like(gap, self.lr)
        adam, rounds, w = Adam(x, lr), Rounds(gap, self.steps, 0.1), box.start
        allowed = torch.ones_like(x, dtype=torch.bool)
        good, worth = w.clone(), torch.zeros_like(x)
        support, share = allowed.clone(), torch.full_like(gap, SHARE)
        for _ in range(self.steps * search_steps):
            z = box.image(w)
            value, slope = search.gradient(z, loss)
            short, change = self.confidence - value, z - x
            worked = short < 0
            over = rounds.over(won=worked)
            # What the last success used, and what each pixel of it brought.
            won = _column(worked, x)
            support = torch.where(won, change != 0, support)
            good, worth = torch.where(won, w, good), torch.where(won, (slope * change).abs(), worth)
            share = torch.where(over & ~worked, share / 2, share)
            allowed = torch.where(_column(over, x), _most(worth, support, share), allowed)
            pull = 2 * change - _column(constant * (short > 0), x) * slope
            w = box.hold(w + adam.move(pull * box.slope(w) * allowed, rounds.rate))
            adam.reset(over)
            w = torch.where(allowed, torch.where(_column(over, x), good, w), box.start)


def _most(worth: Images, support: Tensor, share: Tensor) -> Tensor:
    """Return the support without its pixels of least worth, a share of it and at least one."""
    count = support.flatten(1).sum(1)
    kept = torch.minimum((count * (1 - share)).ceil().long(), count - 1).clamp_min(1)
    ranked = torch.where(support, worth, -1).flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return ((ranked < kept[:, None]).view_as(worth)) & support


def fewest(search: Search, loss: Objective) -> None:
    """Move the pixels of most |g_i| · room all the way, as few as will do, g the slope at the best image or at x.

    Cost: COUNTS + 1 forwards, 1 backward.
    """
    x = search.x
    found = torch.isfinite(search.nearest)
    _, slope = search.gradient(torch.where(_column(found, x), search.strongest, x), loss)
    room = search.threat.room(x, slope)
    rank = (slope.abs() * room).flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1).view_as(x)
    low, high = torch.zeros_like(search.labels), torch.where(found, search.nearest, x[0].numel()).long()
    for _ in range(COUNTS):
        count = (low + high) // 2
        z = torch.where(rank < _column(count, x), search.threat.clip(x, x + slope.sign() * room), x)
        hit = search.reached(search.logits(z))
        low, high = torch.where(hit, low, count), torch.where(hit, count, high)
