"""ZOO: Adam on one coordinate after another, each with a slope from two scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._objectives import margin
from sparring.attacks._queries import Queries, check_queries
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.types import Images, Scores

PACE = 1.05
"""By how much the weight of the margin grows with a step that ends on the wrong side, or shrinks with one that does."""


@dataclass(frozen=True)
class ZOO(Attack):
    """Minimize ‖δ‖₂ + c · max(−f(x + δ), 0), f the margin, by Adam on a few coordinates i of each image at a time.

    ∂f/∂x_i ≈ (f(z + h e_i) − f(z − h e_i)) / 2h; coordinates are visited in a random order, all of them equally often.

    Fields: `queries` ≥ 1 a sample; `coordinates` ≥ 1 a step; `h` > 0 and `lr` > 0, how far a coordinate is moved for a
    look and for a step, as shares of the box; lr falls to a tenth; None is a rate that takes it across the
    box in all its visits, at most 0.3.

    Cost: at most queries + 8 forwards. Needs scores.

    Source: Chen, Zhang, Sharma, Yi and Hsieh 2017, arXiv 1708.03999, Alg. 1 and 2. **Differs**: c is not bisected in
    rounds but follows the sample from step to step, in units in which both terms pull alike; h is 1 % of the box,
    where the paper's 1e-4 is lost in float32; no change of variable, no reduced dimension and no importance sampling;
    at the end the boundary is looked for on the segment to x.

    >>> import sparring
    >>> sparring.parse("zoo(queries=500)").passes(classes=10)
    508
    """

    minimal = True
    norms = ("l2",)
    free_threat = "l2(inf)"
    needs = "scores"
    cites = ("chen2017", "kingma2015")
    queries: int = 10000
    coordinates: int = 16
    h: float = 0.01
    lr: float | None = None

    def __post_init__(self) -> None:
        check_queries(self.queries)
        if self.coordinates < 1:
            raise InputError(f"expected coordinates >= 1, got {self.coordinates}")
        if not 0 < self.h <= 1 or (self.lr is not None and not self.lr > 0):
            raise InputError(f"expected h between 0 and 1 and lr > 0, got {self.h} and {self.lr}")

    def passes(self, classes: int) -> int:
        return self.queries + LOOKS

    def run(self, search: Search) -> None:
        queries, x, width = Queries(search, self.queries), search.x, search.x[0].numel()
        low, high = (side.expand_as(x).flatten(1) for side in search.threat.limits(x))
        span, batch = high - low, min(self.coordinates, width)
        steps = max(1, (self.queries - 1) // (2 * batch + 1))  # and one look at the last image (T19)
        lr = min(width / (steps * batch), 0.3) if self.lr is None else self.lr
        z, adam = x.flatten(1).clone(), _Adam(x.flatten(1))
        slopes, weight = torch.zeros_like(z), torch.ones(search.n, 1, dtype=x.dtype, device=x.device)
        found = torch.zeros_like(weight, dtype=torch.bool)
        for step in range(steps):
            if step * batch % width < batch:  # all have been visited: a new order
                order = search.streams.uniform((width,)).argsort(dim=1)
            mine = order.roll(-step * batch, 1)[:, :batch]
            short = ~search.reached(queries.logits(z.view_as(x)))[:, None]
            found |= ~short
            for i in mine.T[:, :, None]:
                reach = self.h * span.gather(1, i)
                ahead, behind = (_moved(z, i, side * reach, low, high) for side in (1, -1))
                rise = self._margin(search, queries, ahead) - self._margin(search, queries, behind)
                apart = (ahead - behind).gather(1, i)
                slopes.scatter_(1, i, torch.nan_to_num(rise[:, None] / apart, nan=0, posinf=0, neginf=0))
            weight = (weight * torch.where(short, PACE, 1 / PACE)).clamp(1e-3, 1e3)
            pull = found * _unit(z - x.flatten(1)) - short * weight * _unit(slopes)
            rate = lr * (1 - 0.9 * step / steps)
            move = adam.move(pull, mine) * rate * span.gather(1, mine)
            z = torch.maximum(torch.minimum(z.scatter_add(1, mine, -move), high), low)
        queries.logits(z.view_as(x))
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def _margin(self, search: Search, queries: Queries, z: Tensor) -> Scores:
        return margin(queries.logits(z.view_as(search.x)), search.labels, search.targets)


def _moved(z: Tensor, i: Tensor, by: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return images (n, d) with coordinate i (n, 1) of each moved, no further than the box."""
    return z.scatter(1, i, (z.gather(1, i) + by).clamp(low.gather(1, i), high.gather(1, i)))


def _unit(rows: Tensor) -> Tensor:
    size: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return rows / size.clamp_min(1e-30)


class _Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) with moments and a count of its own for each coordinate."""

    def __init__(self, like: Images) -> None:
        self._first, self._second, self._count = (torch.zeros_like(like) for _ in range(3))

    def move(self, pull: Tensor, i: Tensor) -> Tensor:
        """Take in the pull (n, d) at coordinates i (n, b) and return m̂ / √v̂ there, (n, b); 0 where v̂ is."""
        here = pull.gather(1, i)
        first = 0.9 * self._first.gather(1, i) + 0.1 * here
        second = 0.999 * self._second.gather(1, i) + 0.001 * here.square()
        count = self._count.gather(1, i) + 1
        for state, value in ((self._first, first), (self._second, second), (self._count, count)):
            state.scatter_(1, i, value)
        scale = (second / (1 - 0.999**count)).sqrt()
        return torch.where(scale > 0, first / (1 - 0.9**count) / torch.where(scale > 0, scale, 1), 0)
