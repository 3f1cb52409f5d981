"""Proximal operators of the norms, inside the box and in a metric of one weight a coordinate."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.threats.base import Threat
from sparring.types import Images, Scores

ROUNDS = 40
"""Halvings of the bracket that the length of an L2 solution is looked for in."""


def shrink(threat: Threat, x: Images, z: Images, weight: Images, price: Scores) -> Images:
    """Return x + argmin over δ with x + δ in the box of μ ‖δ‖ + ½ Σ w_i (δ_i − (z_i − x_i))², in the threat's norm.

    `weight` w (n, *chw) > 0, `price` μ (n,) ≥ 0. With a_i = |z_i − x_i| and r_i the room in its direction:
    L1 |δ_i| = min(max(a_i − μ / w_i, 0), r_i); L0 keeps min(a_i, r_i) where that saves more than μ;
    L2 |δ_i| = min(w_i a_i / (w_i + μ / ‖δ‖), r_i); Linf |δ_i| = min(a_i, r_i, t), where the slopes of what t costs
    and saves meet, Σ w_i (a_i − t) over a_i and r_i > t = μ.

    Source: Matyasko and Chau 2021, arXiv 2106.01538, sec. 3. **Differs**: exact in Adam's metric and in the box, where
    the paper iterates in the metric and clips afterwards.
    """
    delta = (z - x).flatten(1).double()
    room = threat.room(x, z - x).flatten(1).double()
    size = _SHRINK[threat.name()](delta.abs(), room, weight.flatten(1).double(), price.double())
    moved = x.double() + (size * delta.sign()).view_as(x)
    return threat.clip(x, torch.where((size == 0).view_as(x), x, moved.to(x.dtype)))


def _l1(size: Tensor, room: Tensor, weight: Tensor, price: Scores) -> Tensor:
    return torch.minimum((size - price[:, None] / weight).clamp_min(0), room)


def _l0(size: Tensor, room: Tensor, weight: Tensor, price: Scores) -> Tensor:
    saved = weight * (size.square() - (size - room).clamp_min(0).square()) / 2
    return torch.where(saved > price[:, None], torch.minimum(size, room), 0)


def _l2(size: Tensor, room: Tensor, weight: Tensor, price: Scores) -> Tensor:
    def at(length: Tensor) -> Tensor:
        return torch.minimum(size * length[:, None] / (length + price / weight.T).T, room)

    low, high = torch.zeros_like(price), torch.minimum(size, room).square().sum(1).sqrt()
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        longer = at(middle).square().sum(1).sqrt() > middle
        low, high = torch.where(longer, middle, low), torch.where(longer, high, middle)
    return torch.where((high > 0)[:, None], at(high.clamp_min(1e-300)), 0) * (low > 0)[:, None]


def _linf(size: Tensor, room: Tensor, weight: Tensor, price: Scores) -> Tensor:
    # The first k coordinates, by reach, pull t down together; the right k is the first whose t stays above the next.
    reach = torch.minimum(size, room)
    order = reach.argsort(dim=1, descending=True)
    top, w, a = (values.gather(1, order) for values in (reach, weight, size))
    total, pulled = w.cumsum(1), (w * a).cumsum(1)
    level = (pulled - price[:, None]) / total  # the t at which the first k coordinates balance the price
    below = torch.cat([top[:, 1:], torch.zeros_like(top[:, :1])], 1)
    k = (level < below).sum(1).clamp_max(size.shape[1] - 1)
    t = torch.minimum(level.gather(1, k[:, None]), top.gather(1, k[:, None])).clamp_min(0)
    return torch.minimum(reach, t)


_SHRINK = {"linf": _linf, "l2": _l2, "l1": _l1, "l0": _l0}
