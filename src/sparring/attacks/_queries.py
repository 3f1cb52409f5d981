"""Queries of a model that gives no gradients: so many a sample, and none once a sample has what was wanted."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sparring.attacks._search import Search
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Logits, Mask, Scores

TRIES = 50
"""Random images that an attack on labels alone looks at for a start, before it gives a sample up."""


class Queries:
    """The search, asked for single forwards: at most `limit` a sample.

    Samples part ways in these attacks, one bisecting while another draws, so each has a purse of its own. A sample
    that is out of queries is dropped, and so is one that succeeded inside a finite ε, if the search stops early.
    """

    def __init__(self, search: Search, limit: int) -> None:
        self._search = search
        self._stops = search.early_stop and search.threat.bounded
        self.left: Tensor = torch.full_like(search.labels, limit)

    def logits(self, x: Images) -> Logits:
        """Return logits (n, k) at images x; rows of done and waiting samples are zero."""
        search = self._search
        search.drop(search.active & (self.left <= 0))
        self.left -= search.active.long()
        logits = search.logits(x)
        if self._stops:
            search.drop(search.success)
        return logits

    def reached(self, x: Images, samples: Mask | None = None) -> Mask:
        """Say who of these samples has what the attacker wants at images x, (n,): the label alone is looked at."""
        if samples is None:
            return self._search.reached(self.logits(x))
        with self._search.among(samples):
            return self._search.reached(self.logits(x))
        return torch.zeros_like(samples)  # none of them had a query left

    def bisect(self, at: Callable[[Scores], Images], lower: Scores, upper: Scores, samples: Mask, tol: float) -> Scores:
        """Return (n,) where on a line the images `at` begin to succeed, from above, to a share `tol` of the answer.

        The upper end has been seen to succeed. Rows of other samples are the upper end.
        """
        while bool((wide := self._search.active & samples & (upper - lower > tol * upper)).any()):
            middle = (lower + upper) / 2
            hit = self.reached(at(middle), wide)
            upper, lower = torch.where(wide & hit, middle, upper), torch.where(wide & ~hit, middle, lower)
        return upper


def check_queries(queries: int, least: int = 1) -> None:
    """Raise InputError for a number of queries that an attack cannot begin with."""
    if queries < least:
        raise InputError(f"expected queries >= {least}, got {queries}: give more, 1000 are usual")


def adversarial_start(search: Search, queries: Queries) -> Images:
    """Return images (n, *chw) of the box that have what the attacker wants; who finds none is dropped.

    Looked at in turn, up to `TRIES`: uniform noise; flat images, dark and bright; x turned negative; then patches of
    noise, finer and coarser, mixed with x or not. A class that no such image is taken for cannot be a target.
    """
    x, found = search.x, torch.zeros_like(search.active)
    start = x
    for attempt in range(TRIES):
        z = _guess(search, attempt)  # drawn for all, be it needed or not: numbers do not depend on company (T31)
        waiting = search.active & ~found
        if bool(waiting.any()):
            hit = queries.reached(z, waiting)
            start, found = torch.where(_column(hit, x), z, start), found | hit
    search.drop(~found)
    return start


def _guess(search: Search, attempt: int) -> Images:
    x, threat = search.x, search.threat
    low, high = threat.limits(x)
    noise = threat.sample_box(x, search.streams)
    if attempt in (1, 2):
        return threat.clip(x, (low if attempt == 1 else high).expand_as(x))
    if attempt == 3:
        return threat.clip(x, low + high - x)
    if attempt % 3 == 0:
        return noise
    levels = grids(tuple(x.shape[1:]))
    patches = noise.flatten(1)[:, levels[min(1 + attempt % 5, len(levels) - 1)].to(x.device)]
    return threat.clip(x, patches if attempt % 3 == 1 else (x + patches) / 2)


def grids(shape: tuple[int, ...]) -> list[Tensor]:
    """Return for each level the number of the block that each coordinate lies in, (*chw): 1, 2, 4, … of even size.

    Each level halves the blocks along the axis on which they are longest; on the last each coordinate is a block.
    """
    pieces, levels = [1] * len(shape), []
    while True:
        index = torch.zeros(shape, dtype=torch.int64)
        for axis, (size, count) in enumerate(zip(shape, pieces, strict=True)):
            along = torch.arange(size) * count // size
            index = index * count + along.view(-1, *[1] * (len(shape) - axis - 1))
        levels.append(index)
        if pieces == list(shape):
            return levels
        axis = max(range(len(shape)), key=lambda axis: shape[axis] / pieces[axis])
        pieces[axis] = min(2 * pieces[axis], shape[axis])
