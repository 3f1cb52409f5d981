"""What the attacks of Carlini and Wagner share: the box as a change of variable, Adam, the search for c.

All state is one row a sample, and a row is reset without touching the others: each sample walks through its own
constants at its own pace, so a batch takes no decision (T23, T24).
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from sparring.attacks._objectives import Objective, margin
from sparring.attacks._search import Search
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Labels, Logits, Mask, Scores

REACH = 1.0


class Fields(Protocol):
    """The fields that all of them have."""

    @property
    def steps(self) -> int: ...
    @property
    def search_steps(self) -> int: ...
    @property
    def lr(self) -> float | None: ...
    @property
    def confidence(self) -> float: ...


def check_fields(method: Fields) -> None:
    """Raise InputError for a field that is out of its range."""
    if method.steps < 1 or method.search_steps < 1:
        raise InputError(f"expected steps >= 1 and search_steps >= 1, got {method.steps} and {method.search_steps}")
    for name in ("lr", "c"):
        value = getattr(method, name, None)
        if value is not None and not 0 < value < math.inf:
            raise InputError(f"expected {name} > 0 and finite, got {value}: leave it out for one that fits")
    if not 0 <= method.confidence < math.inf:
        raise InputError(f"expected confidence >= 0 in logits, got {method.confidence}")


def linear_constant(gap: Scores, slope: Images) -> Scores:
    """Return 2 · gap / ‖slope‖²: where ‖δ‖² + c · f has its minimum on the boundary, were the model linear.

    1 where there is no slope to tell by.
    """
    steep = slope.flatten(1).square().sum(1)
    known = (steep > 0) & (gap > 0)
    return torch.where(known, 2 * gap / torch.where(known, steep, 1), 1)


def beyond(confidence: float) -> Objective:
    """Return the margin less κ, positive where the margin exceeds κ."""

    def goal(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
        return margin(logits, labels, targets) - confidence

    return goal


class Box:
    """The change of variable x' = middle + half · tanh(w), |w| ≤ REACH, whose image is the whole box.

    A variable still at its start gives x back to the bit.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        low, high = search.threat.limits(search.x)
        self._middle = (low + high) / 2
        self._half = (high - low) / (2 * math.tanh(REACH))
        self.start: Tensor = torch.atanh((search.x - self._middle) / self._half)

    def image(self, w: Tensor) -> Images:
        """Return the image of w, inside the box."""
        z = self._search.threat.clip(self._search.x, self._middle + self._half * torch.tanh(w))
        return torch.where(w == self.start, self._search.x, z)

    def slope(self, w: Tensor) -> Tensor:
        """Return ∂x'/∂w, which is positive at the edges too, so pixels of 0 and 1 can move (T16)."""
        return self._half * (1 - torch.tanh(w).square())

    def hold(self, w: Tensor) -> Tensor:
        """Return w with what left [−REACH, REACH] put back."""
        return w.clamp(-REACH, REACH)

    def unit(self, change: Scores) -> Scores:
        """Return how far w goes for so large a change of a pixel, at the middle of the box and at most."""
        return (change / self._half.flatten().amin()).clamp(1e-6, 2 * REACH)


class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) with moments and a step count of its own for each sample."""

    def __init__(self, like: Images, lr: Scores) -> None:
        self.lr = lr
        self._first, self._second = torch.zeros_like(like), torch.zeros_like(like)
        self._count = torch.zeros(len(like), dtype=like.dtype, device=like.device)

    def reset(self, rows: Mask) -> None:
        """Forget everything about these samples."""
        for state in (self._first, self._second, self._count):
            state[rows] = 0

    def move(self, gradient: Images, rate: Scores) -> Images:
        """Return the step to add, −lr · rate · m̂ / √v̂.

        No constant is added to √v̂: gradients of any scale move alike, and a zero gradient does not move (T11).
        """
        self._count += 1
        self._first = 0.9 * self._first + 0.1 * gradient
        self._second = 0.999 * self._second + 0.001 * gradient.square()
        mean = self._first / _column(1 - 0.9**self._count, gradient)
        scale = (self._second / _column(1 - 0.999**self._count, gradient)).sqrt()
        size = _column(self.lr * rate, gradient)
        return torch.where(scale > 0, -size * mean / torch.where(scale > 0, scale, 1), 0)


class Bracket:
    """The search for the constant between the largest that failed and the smallest that worked, one a sample.

    Doubles or shrinks until both ends are known, then takes their geometric mean: c has no natural unit.
    """

    def __init__(self, start: Tensor, shrink: float = 0.5) -> None:
        self.value = start.clone()
        self.failed, self.worked = torch.zeros_like(start), torch.full_like(start, torch.inf)
        self._least, self._most, self._shrink = start / 2**30, start * 2**30, shrink

    def update(self, rows: Mask, worked: Mask, proven: Tensor | None = None) -> None:
        """Take in how the present constants of these samples did, and choose their next ones.

        `proven`: smaller constants that are known to have worked, where any has.
        """
        value = self.value
        proven = value if proven is None else torch.minimum(proven, value)
        self.worked = torch.where(rows & worked, torch.minimum(self.worked, proven), self.worked)
        self.failed = torch.where(rows & ~worked, torch.maximum(self.failed, value), self.failed)
        # A failure above what has worked since (attacks are not perfect) must not turn the bracket inside out.
        self.failed = torch.minimum(self.failed, self.worked)
        between = torch.maximum((self.failed * self.worked).sqrt(), self._shrink * self.worked)
        following = torch.where(torch.isfinite(self.worked), between, self.failed * 2)
        self.value = torch.where(rows, following.clamp(self._least, self._most), value)

    def restart(self, rows: Mask) -> None:
        """Forget what worked and failed for these samples, and go on from their present constants."""
        self.failed[rows], self.worked[rows] = 0, torch.inf

    def within(self, ratio: float | Tensor) -> Mask:
        """Say which samples know their constant to this ratio."""
        return self.worked <= ratio * self.failed


class Rounds:
    """At which step of its present constant each sample is, and whether it still gets anywhere there."""

    def __init__(self, like: Scores, steps: int, floor: float) -> None:
        self._floor = floor
        self._steps, self.window = steps, max(steps // 5, 5)
        self._count = torch.zeros_like(like)
        self._lowest, self._before = torch.full_like(like, torch.inf), torch.full_like(like, torch.inf)

    @property
    def rate(self) -> Tensor:
        """Return the share of the learning rate for the next step: from 1 down to `floor` over a round."""
        return 1 - (1 - self._floor) * self._count / self._steps

    def over(self, loss: Scores | None = None, won: Mask | None = None) -> Mask:
        """Count a step, and return (and restart) the rounds that are won, out of steps or not improving any more."""
        self._count = self._count + 1
        over = self._count >= self._steps
        if won is not None:
            over = over | won
        if loss is not None:
            self._lowest = torch.minimum(self._lowest, loss)
            check = self._count % self.window == 0
            over = over | (check & (self._lowest > 0.9999 * self._before))
            self._before = torch.where(check, self._lowest, self._before)
        self._count = torch.where(over, 0, self._count)
        for state in (self._lowest, self._before):
            state[over] = torch.inf
        return over
