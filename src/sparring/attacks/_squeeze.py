"""Climbing in a ball that closes: from wide to just below the nearest image known, sample by sample."""

from __future__ import annotations

import torch

from sparring.attacks._apgd import _steepest
from sparring.attacks._balls import into_ball
from sparring.attacks._objectives import Objective
from sparring.attacks._search import Search
from sparring.threats.base import Threat, _column
from sparring.threats.l2 import _unit
from sparring.types import Images, Labels

WIDE, CLOSED, LEAST = 3.0, 0.98, 0.02
"""The first radius and the last, in units of the nearest distance, and the last step in units of the radius."""


def squeeze(search: Search, loss: Objective, steps: int, targets: Labels | None = None) -> None:
    """Climb the loss with steps of steepest ascent, in the norm, inside balls of radius 3 to 0.98 times the nearest.

    The radius closes over the first half of the steps and follows what is found. In L1 a step moves two thirds as many
    coordinates as are changed: dense steps end in other minima than sparse ones. Samples of which nothing is known yet
    wait. Cost: steps + 1 forwards, steps backwards.

    Source: the radii, Croce and Hein 2021, arXiv 2103.01208, sec. 3.2. **Differs**: each sample has its own radius.
    """
    x, threat = search.x, search.threat
    with search.among(torch.isfinite(search.nearest)):
        z = x
        for step in range(steps):
            _, _, gradient = search.look(z, loss, targets)
            left = 1 - step / steps
            radius = search.nearest.clamp_max(1e30) * (CLOSED + (WIDE - CLOSED) * max(2 * left - 1, 0))
            size = radius * max(left, LEAST)
            moved = z + _column(size, x).to(x.dtype) * _direction(threat, x, z, gradient)
            z = into_ball(threat, x, moved, radius)
        search.logits(z)


def _direction(threat: Threat, x: Images, z: Images, gradient: Images) -> Images:
    """Return the steepest step of length 1 in the norm, in L1 one of several coordinates that have room."""
    if threat.name() == "linf":
        return gradient.sign()
    if threat.name() == "l2":
        return _unit(gradient, threat)
    changed = (z != x).flatten(1).sum(1).double()
    count = torch.where(changed > 0, changed / 1.5, 0.2 * x[0].numel())
    return _steepest(gradient * (threat.room(z, gradient) > 0), count)
