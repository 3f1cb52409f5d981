"""The climb of Auto-PGD: momentum, and a step size that each sample halves when it stops paying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from sparring.attacks._objectives import Objective
from sparring.attacks._search import Search
from sparring.threats.base import Threat, _column, _per_channel
from sparring.threats.l2 import _unit
from sparring.types import Images, Labels, Scores

WIDER_FIRST = ((3, 0.3), (2, 0.3))
"""The radii in ε that a wide climb begins with, and their shares of the steps."""
MOMENTUM = 0.75
"""Weight α of the new step against the last one."""


def random_start(search: Search) -> Images:
    """Return a random image of the threat; in L1 a projected Gaussian, which is sparse, as its steps are.

    A uniform point of the L1 ball changes every coordinate a little: the climb spends its steps on undoing that.
    """
    x, threat = search.x, search.threat
    if threat.name() != "l1":
        return threat.sample(x, search.streams)
    low, high = threat.limits(x)
    return threat.project(x, x + (high - low) * search.streams.normal(tuple(x.shape[1:]), x.dtype))


def climb(
    search: Search,
    start: Images,
    loss: Objective,
    steps: int,
    rho: float,
    targets: Labels | None = None,
    wide: bool | None = None,
) -> None:
    """Climb `loss` from `start` inside the threat for `steps` gradients a sample, and look at the last image.

    At each checkpoint a sample halves its step η and goes back to its best point if the loss rose in fewer than
    ρ of the steps since the last one, or if neither η nor the best loss has changed since. L1 has its own climb.
    A `wide` climb (None: in L1 alone) begins in balls of 3 ε and 2 ε, each end projected into the next: the way to an
    image within ε is often shorter through images beyond it, where slopes are larger and fewer edges in the way.
    Cost: steps + 1 forwards, steps backwards.
    """
    up = _climb_l1 if search.threat.name() == "l1" else _climb_with_momentum
    z, left = start, steps
    if search.threat.name() == "l1" if wide is None else wide:
        for times, share in WIDER_FIRST:
            wider = replace(search.threat, eps=_times(search.threat.eps, times))
            z = up(search, wider, wider.project(search.x, z), loss, round(share * steps), rho, targets)
            left -= round(share * steps)
        search.reset_outside()  # what counts as the strongest image so far must lie within ε
        z = search.threat.project(search.x, z)
    up(search, search.threat, z, loss, left, rho, targets)


def _times(eps: float | tuple[float, ...], factor: int) -> float | tuple[float, ...]:
    return tuple(factor * each for each in eps) if isinstance(eps, tuple) else factor * eps


def _climb_with_momentum(
    search: Search, threat: Threat, start: Images, loss: Objective, steps: int, rho: float, targets: Labels | None
) -> Images:
    x = search.x
    z = last = best = start
    top = torch.full((search.n,), -torch.inf, dtype=torch.float64, device=x.device)
    size = torch.full_like(top, 2 * threat.radius)
    rises, top_then, halved = torch.zeros_like(top), top, torch.zeros_like(search.active)
    previous, best_gradient = top, torch.zeros_like(x)
    checkpoints, since = set(_checkpoints(steps)), 0
    for step in range(steps):
        _, values, gradient = search.look(z, loss, targets)
        rises += (values > previous) & (step > 0)
        previous, since = values.double(), since + 1
        better = values > top
        top = torch.where(better, values.double(), top)
        best, best_gradient = (
            torch.where(_column(better, x), new, old) for new, old in ((z, best), (gradient, best_gradient))
        )
        if step in checkpoints:
            stuck = ~halved & (top <= top_then)
            halved, top_then = (rises < rho * since) | stuck, top
            size = torch.where(halved, size / 2, size)
            z, gradient = (
                torch.where(_column(halved, x), old, new) for old, new in ((best, z), (best_gradient, gradient))
            )
            rises, since = torch.zeros_like(rises), 0
        share = MOMENTUM if step else 1.0
        ahead = threat.project(x, z + _direction(threat, gradient) * _column(size, x).to(x.dtype))
        z, last = threat.project(x, z + share * (ahead - z) + (1 - share) * (z - last)), z
    if threat == search.threat:
        search.logits(z)
    return best


def _direction(threat: Threat, gradient: Images) -> Images:
    """Return the steepest unit step: the sign, in the proportions of ε by channel, or gradient / ‖gradient‖₂."""
    if threat.name() == "l2":
        return _unit(gradient, threat)
    proportion = torch.as_tensor(threat.eps, dtype=torch.float64) / threat.radius
    return gradient.sign() * _per_channel(proportion, gradient)


def _checkpoints(steps: int) -> Iterator[int]:
    """Yield ⌈p_j · steps⌉ with p_0 = 0, p_1 = 0.22, p_{j+1} = p_j + max(p_j − p_{j−1} − 0.03, 0.06)."""
    last, now = 0, 22  # per cent: whole numbers do not drift
    while now <= 100:
        yield -(-now * steps // 100)
        last, now = now, now + max(now - last - 3, 6)


def _climb_l1(
    search: Search, threat: Threat, start: Images, loss: Objective, steps: int, rho: float, targets: Labels | None
) -> Images:
    """Climb in L1: each step moves the k steepest coordinates alike, k a share of those the best point changes; no ρ.

    Every 4 % of the steps, k becomes the count of changed coordinates of the best point / 1.5; η falls by 1.5, down
    to ε / 10, or, where that count shrank by 5 %, springs back to ε and the sample to its best point.
    """
    x = search.x
    d, eps = x[0].numel(), threat.radius
    z = best = start
    top = torch.full((search.n,), -torch.inf, dtype=torch.float64, device=x.device)
    size, count = torch.full_like(top, eps), torch.full_like(top, 0.2 * d)
    support, best_gradient = torch.full_like(top, d), torch.zeros_like(x)
    every = max(1, int(0.04 * steps))
    for step in range(steps):
        _, values, gradient = search.look(z, loss, targets)
        better = values > top
        top = torch.where(better, values.double(), top)
        best, best_gradient = (
            torch.where(_column(better, x), new, old) for new, old in ((z, best), (gradient, best_gradient))
        )
        if step and step % every == 0:
            changed = (best != x).flatten(1).sum(1).double()
            sparser = changed < 0.95 * support
            count, support = changed / 1.5, changed
            size = torch.where(sparser, eps, (size / 1.5).clamp_min(eps / 10))
            z, gradient = (
                torch.where(_column(sparser, x), old, new) for old, new in ((best, z), (best_gradient, gradient))
            )
        free = gradient * (threat.room(z, gradient) > 0)  # a coordinate at its edge would waste its share
        z = threat.project(x, z + _steepest(free, count) * _column(size, x).to(x.dtype))
    # Signs alone cannot rank coordinates: the last look is at the best point of the tangent, exact if all is linear.
    if threat == search.threat:
        search.logits(threat.extreme(x, best_gradient))
    return best


def _steepest(gradient: Images, count: Scores) -> Tensor:
    """Return the sign of the `count` (n,) largest |g_i| of a sample, scaled to length 1 in L1; zero elsewhere."""
    slope = gradient.abs().flatten(1)
    k = count.ceil().long().clamp(1, slope.shape[1])
    least = slope.sort(dim=1, descending=True).values.gather(1, k[:, None] - 1)
    sign = torch.where(slope >= least, gradient.flatten(1).sign(), 0)
    return (sign / sign.abs().sum(1, keepdim=True).clamp_min(1)).view_as(gradient)
