"""The boundary attack: a random walk along the decision boundary toward the original, from labels alone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch.linalg import vector_norm

from sparring.attacks._queries import Queries, adversarial_start, check_queries
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Scores

EVERY = 4
"""How many steps apart the sideways move is looked at alone, which tells how curved the boundary is."""
PACE = 1.1
"""By how much one look changes a step size."""


@dataclass(frozen=True)
class Boundary(Attack):
    """Iterate z ← z' + ε (x − z') if that is wrong, z' = z moved sideways by δ ‖z − x‖ on the sphere around x.

    δ follows the sideways moves, half of which should stay wrong; ε the steps, of which one in four should.

    Fields: `queries` ≥ 1 a sample; `sideways` δ₀ > 0 and `toward` ε₀ in (0, 1), the first step sizes, as shares of the
    distance to x.

    Cost: at most queries forwards. Needs labels alone.

    Source: Brendel, Rauber and Bethge 2018, arXiv 1712.04248, Alg. 1 and section 2.4. **Differs**: the start is drawn
    to the boundary along its segment first; each look changes its step size by a tenth, where the paper counts
    successes in blocks; sideways moves are looked at alone in every fourth step only; no image of the target is given,
    the start is searched among noise and simple pictures and given up after 50 looks. Where a finite ε is met, the
    sample is left.

    >>> import sparring
    >>> sparring.parse("boundary(queries=500)").passes(classes=10)
    500
    """

    minimal = True
    norms = ("l2",)
    free_threat = "l2(inf)"
    needs = "decision"
    cites = ("brendel2018",)
    queries: int = 5000
    sideways: float = 0.1
    toward: float = 0.1

    def __post_init__(self) -> None:
        check_queries(self.queries)
        if not self.sideways > 0 or not 0 < self.toward < 1:
            raise InputError(f"expected sideways > 0 and toward between 0 and 1, got {self.sideways} and {self.toward}")

    def passes(self, classes: int) -> int:
        return self.queries

    def run(self, search: Search) -> None:
        queries, threat, x = Queries(search, self.queries), search.threat, search.x
        start = adversarial_start(search, queries)
        one = torch.ones(search.n, dtype=x.dtype, device=x.device)

        def at(share: Scores) -> Images:
            return threat.clip(x, x + _column(share, x) * (start - x))

        share = queries.bisect(at, torch.zeros_like(one), one, search.active, 1e-3)
        z = torch.where(_column(share < 1, x), at(share), start)
        sideways, toward = self.sideways * one, self.toward * one
        for step in itertools.count():
            beside = _beside(search, z, sideways)
            if step % EVERY == 0:
                stayed = queries.reached(beside)
                sideways = torch.where(stayed, sideways * PACE, sideways / PACE).clamp_max(1)
            closer = threat.clip(x, beside + _column(toward, x) * (x - beside))
            hit = queries.reached(closer)
            toward = torch.where(hit, toward * PACE**3, toward / PACE).clamp_max(0.5)
            z = torch.where(_column(hit, x), closer, z)


def _beside(search: Search, z: Images, sideways: Scores) -> Images:
    """Return z moved at random at a right angle to x − z, back on the sphere around x that z lies on."""
    x, away = search.x, (z - search.x).flatten(1)
    size = vector_norm(away, dim=1, keepdim=True).clamp_min(1e-15)
    move = search.streams.normal(tuple(x.shape[1:]), x.dtype).flatten(1)
    move = move - away * ((move * away).sum(1, keepdim=True) / size.square())
    move = move * (sideways[:, None] * size / vector_norm(move, dim=1, keepdim=True).clamp_min(1e-30))
    there = search.threat.clip(x, x + ((away + move) / (1 + sideways[:, None].square()).sqrt()).view_as(x))
    beyond = vector_norm((there - x).flatten(1), dim=1) / size[:, 0]
    return torch.where(_column(beyond > 1, x), x + (there - x) / _column(beyond.clamp_min(1), x), there)
