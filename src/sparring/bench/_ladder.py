"""Turn an attack inside a ball into one that looks for the smallest ball, within the same passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from sparring.types import Images, Mask

RUNGS = 10
"""Values of ε that each sample is attacked at: each may spend a tenth of the budget."""
Bounded: TypeAlias = Callable[[Tensor, float], tuple[Mask, Images]]
"""(rows, ε) → which of these samples were broken inside ε, and the images."""


def smallest_ball(x: Images, attack: Bounded, start: float, *, rungs: int = RUNGS, whole: bool = False) -> Images:
    """Return for each sample its image at the smallest ε that an attack broke it at; x where it broke none.

    Each sample goes its own way: ε doubles until it is broken, or halves while it is, and is then bisected, so that
    samples at the same ε share a run. All start at `start`. `whole`: ε is a count.
    """
    eps = torch.full((len(x),), start, dtype=torch.float64)
    low, high = torch.zeros_like(eps), torch.full_like(eps, torch.inf)
    best = x.clone()
    for _ in range(rungs):
        eps = eps.round().clamp_min(1) if whole else eps
        for radius in sorted(set(eps.tolist())):
            rows = (eps == radius).nonzero()[:, 0]
            won, images = attack(rows, radius)
            best[rows[won]] = images[won]
            high[rows[won]], low[rows[~won]] = radius, radius
        eps = torch.where(torch.isinf(high), 2 * eps, (low + high) / 2)
    return best
