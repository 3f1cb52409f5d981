"""Which class to leave a label for: the nearest, where the bare margin goes for the one with the highest logit."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.attacks._hyperplane import over_hyperplane
from sparring.attacks._objectives import Objective
from sparring.attacks._search import Search
from sparring.types import Labels, Logits, Scores

CANDIDATES = 9
"""Classes whose slopes are looked at, highest logit first."""
OUT_OF_REACH = 10.0
"""How much further a class counts that a linear model could not reach inside the box."""


def cost(classes: int) -> int:
    """Return the passes that `nearest_class` asks for at most."""
    return 0 if classes == 2 else 2 + min(CANDIDATES, classes - 1)


def stretches(search: Search, rounds: int) -> list[tuple[Tensor, int]]:
    """Return the scales (n, k) for `stretched` that are worth so many rounds, each with its share of them.

    Where there are classes to choose from, the first half goes for the nearest class, the rest for the highest logit;
    under 4 rounds there is no time for both.
    """
    ones = torch.ones(search.n, search.classes, dtype=search.x.dtype, device=search.x.device)
    if search.targets is not None or search.classes == 2:
        return [(ones, rounds)]
    near = nearest_class(search)
    return [(near, rounds)] if rounds < 4 else [(near, rounds - rounds // 2), (ones, rounds // 2)]


def stretched(search: Search, scale: Tensor, objective: Objective) -> Objective:
    """Return the objective of the logits z_y + s_j (z_j − z_y)."""

    def loss(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
        own = logits.gather(1, labels[:, None])
        return objective(own + scale[search.rows].to(logits.dtype) * (logits - own), labels, targets)

    return loss


def nearest_class(search: Search) -> Tensor:
    """Return s (n, k), s_j distance over gap of class j by the slopes at x, in the norm of the threat, inside the box.

    On a linear model it puts all gaps in proportion to distances. It is 1 for the runner-up, and for classes below the
    CANDIDATES highest. Cost: 2 forwards, CANDIDATES backwards.
    """
    x, labels = search.x, search.labels
    logits = search.logits(x)
    gaps = logits.gather(1, labels[:, None]) - logits
    rivals = gaps.scatter(1, labels[:, None], torch.inf).argsort(dim=1)[:, : min(CANDIDATES, search.classes - 1)]
    weights = F.one_hot(rivals, search.classes) - F.one_hot(labels, search.classes)[:, None]
    _, slopes = search.jacobian(x, weights.to(x.dtype))
    paces = [_pace(search, *pair) for pair in zip(slopes.unbind(1), gaps.gather(1, rivals).unbind(1), strict=True)]
    pace = torch.stack(paces, 1)
    share = torch.where((pace > 0) & (pace[:, :1] > 0), pace / torch.where(pace[:, :1] > 0, pace[:, :1], 1), 1)
    return torch.ones_like(logits).scatter(1, rivals, share.to(logits.dtype))


def _pace(search: Search, slope: Tensor, gap: Scores) -> Scores:
    """Return the distance to a class on its slope, a unit of logit."""
    over = over_hyperplane(search.threat, search.x, slope, gap.clamp_min(0))
    gain = (slope * (over - search.x)).flatten(1).sum(1)
    pace = search.threat.distance(over - search.x) / torch.where(gain > 0, gain, torch.inf)
    return torch.where(gain < 0.999 * gap, OUT_OF_REACH * pace, pace)


def by_distance(search: Search, count: int = CANDIDATES) -> Labels:
    """Return the `count` wrong classes of the highest logits at x (n, m), the nearest by their slopes first.

    Cost: 2 forwards, m backwards.
    """
    x, labels = search.x, search.labels
    logits = search.logits(x)
    gaps = logits.gather(1, labels[:, None]) - logits
    rivals = gaps.scatter(1, labels[:, None], torch.inf).argsort(dim=1)[:, : min(count, search.classes - 1)]
    weights = F.one_hot(rivals, search.classes) - F.one_hot(labels, search.classes)[:, None]
    _, slopes = search.jacobian(x, weights.to(x.dtype))
    gaps = gaps.gather(1, rivals)
    far = torch.stack([_pace(search, *pair) for pair in zip(slopes.unbind(1), gaps.unbind(1), strict=True)], 1) * gaps
    return rivals.gather(1, far.argsort(dim=1, stable=True))


def lead(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """z_t − z_y: how far one class is ahead of the label, whatever the others do."""
    if targets is None:
        raise AssertionError("lead is asked for without a class")
    return (logits.gather(1, targets[:, None]) - logits.gather(1, labels[:, None]))[:, 0]
