"""RayS: the direction of signs in which the decision boundary is nearest, from labels alone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._queries import Queries, check_queries, grids
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import Threat, _column, _per_channel
from sparring.types import Images, Scores


@dataclass(frozen=True)
class RayS(Attack):
    """Minimize r over d ∈ {−1, 1}^D such that x + r d is wrong: flip a block of signs, keep it if r falls.

    Blocks are halved from the whole image down to single coordinates, then all over again. A flip is looked at once,
    at a radius slightly below the best; where that is wrong, the radius is bisected between 0 and there.

    Fields: `queries` ≥ 1 a sample; `tol` in (0, 1), the share of r to which a bisection finds it, and twice the share
    by which a flip has to shorten r; halved each time the blocks have all been flipped.

    Cost: at most queries forwards. Needs labels alone.

    Source: Chen and Gu 2020, arXiv 2006.12792, Alg. 2 and 3. **Differs**: blocks halve the longest axis in turn, where
    the paper cuts the flattened image into stripes; a flip has to win 2.5 %, and bisection ends at 5 %, where the paper
    takes any gain and spends about ten looks on it; until a sample is wrong for the first time, d is drawn by blocks.
    Corners of the box are the only starts, so many a target is out of reach. Where a finite ε is met, the sample is
    left.

    >>> import sparring
    >>> sparring.parse("rays(queries=500)").passes(classes=10)
    500
    """

    minimal = True
    norms = ("linf",)
    free_threat = "linf(inf)"
    needs = "decision"
    cites = ("chen2020rays",)
    queries: int = 2000
    tol: float = 0.05

    def __post_init__(self) -> None:
        check_queries(self.queries)
        if not 0 < self.tol < 1:
            raise InputError(f"expected tol between 0 and 1, got {self.tol}")

    def passes(self, classes: int) -> int:
        return self.queries

    def run(self, search: Search) -> None:
        queries, x, share = Queries(search, self.queries), search.x, _shares(search.threat, search.x)
        low, high = search.threat.limits(x)

        def at(radius: Scores) -> Images:
            return search.threat.clip(x, x + _column(radius, x).to(x.dtype) * share * signs)

        # From this radius on every coordinate stands at an edge of the box.
        radius = torch.full_like(search.distance, float(((high - low) / share).amax()))
        best = signs = torch.ones_like(x)
        found = queries.reached(at(radius))
        for cycle in itertools.count():
            tol = self.tol / 2**cycle
            for grid in grids(tuple(x.shape[1:])):
                blocks = grid.to(x.device)
                for block in range(int(blocks.max()) + 1):
                    flipped = torch.where(blocks == block, -best, best)
                    signs = torch.where(_column(found, x), flipped, _corner(search, blocks))
                    upper = torch.where(found, radius * (1 - tol / 2), radius)
                    hit = queries.reached(at(upper))
                    upper = queries.bisect(at, torch.zeros_like(upper), upper, hit, tol)
                    best, radius = torch.where(_column(hit, x), signs, best), torch.where(hit, upper, radius)
                    found |= hit


def _corner(search: Search, blocks: Tensor) -> Images:
    """Return signs drawn anew, one a block."""
    signs = search.streams.integers(2, (int(blocks.max()) + 1,)).to(search.x.dtype) * 2 - 1
    return signs[:, blocks]


def _shares(threat: Threat, x: Images) -> Tensor:
    """Return how far each coordinate moves a unit of the radius: where channels have an ε of their own, its share."""
    eps = torch.as_tensor(threat.eps, dtype=torch.float64)
    return _per_channel(eps / threat.radius, x) if eps.ndim else torch.ones((), dtype=x.dtype, device=x.device)
