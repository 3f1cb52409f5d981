"""The last few passes of a minimal attack: walk back from an adversarial image toward the original."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.attacks._objectives import margin
from sparring.attacks._search import Search
from sparring.threats.base import _column
from sparring.types import Images, Mask

LOOKS = 8
"""Passes that `tighten` and `prune` each ask for at most, one sample."""
EDGE = 0.02
"""Least share of a bracket that one look cuts off: keeps the secant from creeping along one side."""


def finish(search: Search, found: Images, samples: Mask) -> None:
    """Bring the adversarial images `found` of these samples as near to x as `LOOKS` passes can."""
    (prune if search.threat.name() == "l0" else tighten)(search, found, samples)


def tighten(search: Search, found: Images, samples: Mask) -> None:
    """Look for the decision boundary on the segment from x to the adversarial image `found`, for these samples.

    Illinois' variant of the secant method on the margin, kept inside its bracket: for a straight boundary the first
    look lands on it. The search keeps the nearest success by itself. Cost: `LOOKS` forwards.
    """
    found = found.clone()  # it may be the search's own nearest image, which changes as it looks

    def margin_at(share: Tensor) -> Tensor:
        z = search.x + _column(share, found).to(found.dtype) * (found - search.x)
        return search.goal(search.logits(search.threat.clip(search.x, z)), search.labels, search.targets).double()

    with search.among(samples):
        low, high = torch.zeros_like(search.distance), torch.ones_like(search.distance)
        below, above = margin_at(low), margin_at(high)
        for _ in range(LOOKS - 2):
            secant = below / (below - above).clamp_max(-1e-300)
            share = low + (high - low) * secant.clamp(EDGE, 1 - EDGE)
            value = margin_at(share)
            hit = value > 0
            # The end that stays put is believed half as much: it pulls the next look to its side.
            below, above = torch.where(hit, below / 2, value), torch.where(hit, value, above / 2)
            low, high = torch.where(hit, low, share), torch.where(hit, share, high)


def prune(search: Search, found: Images, samples: Mask) -> None:
    """Look for the fewest changed coordinates of the adversarial image `found` that still do, for these samples.

    A coordinate is worth what the tangent of the margin at `found` says it brings, g_i · (z_i − x_i). The best are
    kept: first as many as the tangent asks for, then one less, then bisection. Cost: `LOOKS` passes.
    """
    found = found.clone()  # as above
    with search.among(samples):
        values, gradient = search.gradient(found, margin)
        change = (found - search.x).flatten(1).double()
        changed = change != 0
        worth, order = torch.where(changed, gradient.flatten(1) * change, -torch.inf).sort(dim=1, descending=True)
        sums = worth.masked_fill(worth == -torch.inf, 0).cumsum(1)
        rank = order.argsort(dim=1)
        low, high = torch.zeros_like(search.labels), changed.sum(1)
        count = 1 + (sums <= sums[:, -1:] - values.double()[:, None]).sum(1)
        for look in range(LOOKS - 2):
            count = torch.minimum(torch.maximum(count, low + 1), high)
            kept = (rank < count[:, None]) & changed
            hit = search.reached(search.logits(torch.where(kept.view_as(found), found, search.x)))
            low, high = torch.where(hit, low, count), torch.where(hit, count, high)
            count = high - 1 if look == 0 else (low + high + 1) // 2
