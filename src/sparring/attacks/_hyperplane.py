"""The shortest way over a linear boundary, in every norm, with and without the box."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.threats.base import Threat
from sparring.types import Images, Labels, Logits, Scores


def over_hyperplane(threat: Threat, z: Images, gradient: Images, needed: Scores, *, boxed: bool = True) -> Images:
    """Return z + argmin ‖δ‖ such that ⟨gradient, δ⟩ = needed ≥ 0, in the norm of the threat, as an image of the box.

    `boxed`: the argmin is over the box, and the boundary is met exactly or, where the box is too small for that, as
    nearly as it lets; otherwise the argmin is over everything and the box clips the result.
    Per coordinate, with r_i the room in the direction of the gradient g (infinite unless `boxed`) and t solved for:
    Linf |δ_i| = min(t, r_i); L2 |δ_i| = min(t |g_i|, r_i); L1 spends r_i on the largest |g_i| first;
    L0 spends r_i on the largest |g_i| r_i first.

    Shapes: images (n, *chw), needed (n,). Source: without a box, Moosavi-Dezfooli et al. 2016, arXiv 1511.04599, eq. 3.
    """
    size = gradient.abs().flatten(1).double()
    room = threat.room(z, gradient).flatten(1).double() if boxed else torch.full_like(size, 1e30)
    room = torch.where(size > 0, room, 0)
    if threat.name() in ("l1", "l0"):
        length = _greedy(size, room, needed.double(), whole=threat.name() == "l0")
    else:
        length = fill(size, room, needed.double(), torch.ones_like(size) if threat.name() == "linf" else size)
    return threat.clip(z, (z.double() + length.view_as(gradient) * gradient.sign()).to(z.dtype))


def nearest_boundary(threat: Threat, z: Images, gaps: Tensor, gradients: Tensor) -> tuple[Scores, Images]:
    """Return gap (n,) and gradient (n, *chw) of whichever of m linear boundaries is nearest to z inside the box.

    `gaps` (n, m), `gradients` (n, m, *chw). Where the box lets none be reached, the one it lets come closest to.
    """
    n, m = gaps.shape
    slopes, needed = gradients.flatten(0, 1), gaps.flatten().double().clamp_min(0)
    start = z.repeat_interleave(m, 0)
    move = over_hyperplane(threat, start, slopes, needed).double() - start.double()
    share = (move * slopes.double()).flatten(1).sum(1) / needed.clamp_min(1e-300)
    far = torch.where(share > 1 - 1e-4, threat.distance(move), 1e30 * (2 - share))
    rows, best = torch.arange(n, device=z.device), far.view(n, m).argmin(1)
    return gaps[rows, best], gradients[rows, best]


def rivals(logits: Logits, labels: Labels, count: int) -> Tensor:
    """Return e_j − e_y (n, m, k) for the `count` most likely wrong classes j, or all of them if they are fewer."""
    classes = logits.shape[1]
    wrong = logits.scatter(1, labels[:, None], -torch.inf).topk(min(count, classes - 1), dim=1).indices
    return (F.one_hot(wrong, classes) - F.one_hot(labels, classes)[:, None]).to(logits.dtype)


def fill(size: Tensor, room: Tensor, needed: Scores, speed: Tensor) -> Tensor:
    """Return min(t · speed, room) with Σ size · that = needed: Newton on a concave function never overshoots."""
    t = torch.zeros_like(needed)
    for _ in range(size.shape[1]):
        moving = t[:, None] * speed < room
        missing = needed - (size * torch.minimum(t[:, None] * speed, room)).sum(1)
        slope = (size * speed * moving).sum(1)
        if bool(((missing <= 1e-12 * needed) | (slope <= 0)).all()):
            break
        t = torch.where(slope > 0, t + missing.clamp_min(0) / slope.clamp_min(1e-300), t)
    return torch.minimum(t[:, None] * speed, room)


def _greedy(size: Tensor, room: Tensor, needed: Scores, *, whole: bool) -> Tensor:
    """Return lengths that spend the room of the best coordinates until Σ size · length = needed (≥ when `whole`)."""
    order = (size * room if whole else size).argsort(dim=1, descending=True, stable=True)
    gain = (size * room).gather(1, order)
    missing = (needed[:, None] - (gain.cumsum(1) - gain)).clamp_min(0)
    share = (missing / gain.clamp_min(1e-300)).clamp_max(1)
    if whole:
        share = share.ceil()
    return torch.zeros_like(size).scatter(1, order, share * room.gather(1, order))
