"""HopSkipJump: the slope of the decision boundary from labels around it, a step along it, and back to the boundary."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._queries import Queries, adversarial_start, check_queries
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Scores

HALVINGS = 15
"""How often a step is halved before it is given up."""
SPARE = 25
"""Queries that an estimate leaves over, for the step and the bisection after it."""


@dataclass(frozen=True)
class HopSkipJump(Attack):
    """Iterate z ← bisect(x, z + ξ v), v ∝ Σ_b (φ(z + δ u_b) − φ̄) u_b, φ = ±1: wrong or not, ξ = ‖z − x‖ / √t, halved.

    In L2 the u_b are uniform on the sphere, and bisection is along the segment; in Linf they are uniform in the cube
    before they are made of length 1, the step is along sign v, and bisection shrinks the cube around x.

    Fields: `queries` ≥ 1 a sample; `batch` B₀ ≥ 1 looks for the first slope, B₀ √t for the t-th; `max_batch` the most
    of them; `gamma` γ > 0: bisection stops at θ = γ / D^{3/2} of the distance (γ / D² in Linf), and δ = γ ‖z − x‖ / D.

    Cost: at most queries forwards. Needs labels alone.

    Source: Chen, Jordan and Wainwright 2020, arXiv 1904.02144, Alg. 2. **Differs**: none is given an image of its
    target: the start is searched among noise and simple pictures, and who finds none in 50 looks is given up; the last
    slope takes what is left of the queries. Where a finite ε is met, the sample is left.

    >>> import sparring
    >>> sparring.parse("hopskipjump(queries=500)").passes(classes=10)
    500
    """

    minimal = True
    norms = ("l2", "linf")
    free_threat = "l2(inf)"
    needs = "decision"
    cites = ("chen2020hopskipjump",)
    queries: int = 2000
    batch: int = 100
    max_batch: int = 10000
    gamma: float = 1.0

    def __post_init__(self) -> None:
        check_queries(self.queries)
        if not 1 <= self.batch <= self.max_batch:
            raise InputError(f"expected 1 <= batch <= max_batch, got {self.batch} and {self.max_batch}")
        if not self.gamma > 0:
            raise InputError(f"expected gamma > 0, got {self.gamma}")

    def passes(self, classes: int) -> int:
        return self.queries

    def run(self, search: Search) -> None:
        queries, threat, x = Queries(search, self.queries), search.threat, search.x
        low, high = threat.limits(x)
        size = x[0].numel()
        tol = self.gamma / size ** (1.5 if threat.name() == "l2" else 2)
        probe = torch.full_like(search.distance, 0.1 * float((high - low).amax()))
        z = self._to_boundary(search, queries, adversarial_start(search, queries), tol)
        for step in itertools.count(1):
            looks = (queries.left - SPARE).clamp_max(min(int(self.batch * math.sqrt(step)), self.max_batch))
            search.drop(looks < 1)
            if not bool(search.active.any()):
                break
            slope = _slope(search, queries, z, probe, looks)
            length = threat.distance((z - x).double()) / math.sqrt(step)
            z = self._to_boundary(search, queries, _leap(search, queries, z, slope, length), tol)
            probe = (self.gamma / size) * threat.distance((z - x).double())

    def _to_boundary(self, search: Search, queries: Queries, z: Images, tol: float) -> Images:
        """Return the adversarial images z drawn toward x as far as they stay so."""
        x, delta = search.x, z - search.x
        radius = search.threat.distance(delta.double())

        def at(share: Scores) -> Images:
            if search.threat.name() == "l2":
                return search.threat.clip(x, x + _column(share, x).to(x.dtype) * delta)
            edge = _column(share * radius, x).to(x.dtype)
            return search.threat.clip(x, x + torch.maximum(torch.minimum(delta, edge), -edge))

        share = queries.bisect(at, torch.zeros_like(radius), torch.ones_like(radius), search.active, tol)
        return torch.where(_column(share < 1, x), at(share), z)


def _slope(search: Search, queries: Queries, z: Images, probe: Scores, looks: Tensor) -> Images:
    """Return the direction, (n, *chw), in which φ grows around z, of so many looks (n,) at distance `probe`."""
    threat, draw = search.threat, _DRAWS[search.threat.name()]
    total, weighted = torch.zeros_like(z), torch.zeros_like(z)
    votes = torch.zeros_like(probe)
    for look in range(int((looks * search.active).max())):
        u = draw(search)
        u = u / _column(u.flatten(1).norm(dim=1), u)
        asked = threat.clip(search.x, z + _column(probe, z).to(z.dtype) * u)
        mine = search.active & (look < looks)
        sign = torch.where(queries.reached(asked, mine), 1.0, -1.0).double() * mine
        u = (asked - z) / _column(probe.clamp_min(1e-30), z).to(z.dtype) * _column(mine, z)
        votes, total, weighted = votes + sign, total + u, weighted + _column(sign, u).to(u.dtype) * u
    mean = votes / looks.clamp_min(1)
    # Where all agree, they say on which side of the boundary all of them lie.
    one_sided = mean.abs() == 1
    return weighted - _column(torch.where(one_sided, 0, mean), z).to(z.dtype) * total


def _leap(search: Search, queries: Queries, z: Images, slope: Images, length: Scores) -> Images:
    """Return z moved along the slope, by `length` or half, a quarter, … of it: the first that is wrong, or z itself."""
    threat = search.threat
    steepest = {"l2": slope / _column(slope.flatten(1).norm(dim=1).clamp_min(1e-30), z), "linf": slope.sign()}
    unit = steepest[threat.name()]
    landed, going = z, search.active
    for halving in range(HALVINGS):
        if not bool((going & search.active).any()):
            break
        there = threat.clip(search.x, z + _column(length / 2**halving, z).to(z.dtype) * unit)
        hit = queries.reached(there, going & search.active)
        landed, going = torch.where(_column(hit, z), there, landed), going & ~hit
    return landed


def _sphere(search: Search) -> Images:
    return search.streams.normal(tuple(search.x.shape[1:]), search.x.dtype)


def _cube(search: Search) -> Images:
    return 2 * search.streams.uniform(tuple(search.x.shape[1:]), search.x.dtype) - 1


_DRAWS = {"l2": _sphere, "linf": _cube}
