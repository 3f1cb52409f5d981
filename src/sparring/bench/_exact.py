"""The exact least distance on a linear model, found without any of the attacks' own means."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparring.threats import Threat
from sparring.types import Images, Labels, Scores


def exact_distance(net: nn.Module, threat: Threat, x: Images, y: Labels) -> Scores | None:
    """Return the distance to the nearest image in the box of another class, (n,) float64; None for other nets.

    A class j wins where ⟨w_j − w_y, δ⟩ reaches the gap between the logits. What a distance d can bring at best,
    Σ |g_i| min(·, r_i) with room r_i, grows with d and has a closed form in each norm; the least d is found by
    bisection in Linf and L2, and by taking the most useful coordinates first in L1 and L0.
    """
    if [type(module) for module in net.children()] != [nn.Flatten, nn.Linear]:
        return None
    weight = net.get_parameter("1.weight").double()
    logits = net(x).double()
    best = torch.full((len(x),), torch.inf, dtype=torch.float64)
    for rival in range(len(weight)):
        slope = weight[rival] - weight[y]
        gap = (logits.gather(1, y[:, None])[:, 0] - logits[:, rival]).clamp_min(0)
        room = threat.room(x.double(), slope.view_as(x)).flatten(1)
        distance = _LEAST[threat.name()](slope.abs(), room, gap)
        possible = (slope.abs() * room).sum(1) > gap
        best = torch.where((y != rival) & possible, torch.minimum(best, distance), best)
    return best


def _bisect(size: Tensor, speed: Tensor, room: Tensor, gap: Scores) -> Tensor:
    """Return the least δ = min(t · speed, room) with Σ size · δ = gap."""
    low, high = torch.zeros_like(gap), (room / speed.clamp_min(1e-12)).amax(1)
    for _ in range(100):
        middle = (low + high) / 2
        enough = (size * torch.minimum(middle[:, None] * speed, room)).sum(1) >= gap
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return torch.minimum(high[:, None] * speed, room)


def _linf(size: Tensor, room: Tensor, gap: Scores) -> Scores:
    return _bisect(size, torch.ones_like(size), room, gap).amax(1)


def _l2(size: Tensor, room: Tensor, gap: Scores) -> Scores:
    return _bisect(size, size, room, gap).square().sum(1).sqrt()


def _l1(size: Tensor, room: Tensor, gap: Scores) -> Scores:
    size, order = size.sort(dim=1, descending=True)
    room = room.gather(1, order)
    before = (size * room).cumsum(1) - size * room
    return torch.minimum((gap[:, None] - before).clamp_min(0) / size.clamp_min(1e-300), room).sum(1)


def _l0(size: Tensor, room: Tensor, gap: Scores) -> Scores:
    gain = (size * room).sort(dim=1, descending=True).values
    return 1 + (gain.cumsum(1) < gap[:, None]).sum(1).double()


_LEAST = {"linf": _linf, "l2": _l2, "l1": _l1, "l0": _l0}
