"""Balls whose radius differs from sample to sample: what an attack needs that looks for the smallest one."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.attacks._hyperplane import fill
from sparring.threats.base import Threat
from sparring.threats.l1 import _root
from sparring.types import Images, Scores


def into_ball(threat: Threat, x: Images, z: Images, radius: Scores) -> Images:
    """Return the nearest image to z among those of the box within `radius` (n,) of x, in the norm of the threat.

    Exact on ball ∩ box in all four norms, as `Threat.project` is for its one ε; a radius in L0 is rounded down.
    """
    delta = (z - x).flatten(1).double()
    room = threat.room(x, z - x).flatten(1).double()
    size = torch.minimum(delta.abs(), room)
    over = threat.distance(size) > radius
    inside = torch.where(over, radius, 0)  # rows that are inside already are computed too, and not used
    shrunk = _SHRINK[threat.name()](delta.abs(), room, inside)
    size = torch.where(over[:, None], torch.minimum(shrunk, room), size)
    return threat.clip(x, (x.double() + (size * delta.sign()).view_as(x)).to(x.dtype))


def _linf(size: Tensor, room: Tensor, radius: Scores) -> Tensor:
    return torch.minimum(size, radius[:, None])


def _l2(size: Tensor, room: Tensor, radius: Scores) -> Tensor:
    # min(t size, room) has the length ε where Σ min(s size², room²) = ε², s = t²: linear pieces again.
    return fill(torch.ones_like(size), room.square(), radius.square(), size.square()).sqrt()


def _l1(size: Tensor, room: Tensor, radius: Scores) -> Tensor:
    threshold = _root(size, room, radius)
    return (size - threshold[:, None]).clamp_min(0)


def _l0(size: Tensor, room: Tensor, radius: Scores) -> Tensor:
    worth = size.square() - (size - room).clamp_min(0).square()
    rank = worth.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return torch.where(rank < radius.floor()[:, None], size, 0)


_SHRINK = {"linf": _linf, "l2": _l2, "l1": _l1, "l0": _l0}
