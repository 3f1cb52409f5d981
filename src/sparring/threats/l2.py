"""The Euclidean length of the change is at most ε."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.threats.base import Threat, _column, add_toward
from sparring.types import Images, Scores


@dataclass(frozen=True)
class L2(Threat):
    """The Euclidean ball around x, cut with the box: √Σ (x'_i − x_i)² ≤ ε.

    Fields: `eps` in units of the images, over all coordinates together; `bounds` (lo, hi).
    Projection on ball ∩ box is x + clip(t (z − x)) for the one t in (0, 1] that makes its length ε: found exactly by
    solving for t with the coordinates at the box held fixed, which only grows that set, a handful of times.

    Source: Carlini and Wagner 2017, arXiv 1608.04644. **Differs**: others scale into the ball and clip afterwards,
    which is inside both but not the nearest point.

    >>> import torch
    >>> L2(1.0).project(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """

    cites = ("carlini2017",)
    eps: float = 0.5

    def distance(self, delta: Images) -> Scores:
        """Return √Σ δ_i²."""
        length: Tensor = torch.linalg.vector_norm(delta.flatten(1), dim=1)
        return length

    def project(self, x: Images, z: Images) -> Images:
        """Return the nearest point to z with length at most ε inside the box."""
        d = z.double() - x.double()
        inside = _column(self.distance(self.clip(x, z).double() - x.double()) <= self.eps, x)
        if bool(inside.all()):
            return self.clip(x, z)
        return self.pull_inside(x, torch.where(inside, z, add_toward(x, self._scaled(x, d))))

    def _scaled(self, x: Images, d: Tensor) -> Tensor:
        """Return clip(t d) in float64 with t such that its length is ε, or as far as the box lets it grow."""
        d = d.double()
        room = self.room(x.double(), d)
        free = torch.ones_like(d, dtype=torch.bool)
        t = torch.zeros(len(x), dtype=torch.float64, device=x.device)
        for _ in range(d[0].numel() + 1):
            clipped = (room * ~free).flatten(1).square().sum(1)
            moving = (d * free).flatten(1).square().sum(1)
            grown = torch.sqrt((self.eps**2 - clipped).clamp_min(0) / moving.clamp_min(1e-300))
            t = torch.where(moving > 0, torch.maximum(grown, t), t)
            still_free = d.abs() * _column(t, x) <= room
            if bool((still_free >= free).all()):
                break
            free &= still_free
        return d.sign() * torch.where(free, d.abs() * _column(t, x), room)

    def sample(self, x: Images, streams: Streams) -> Images:
        """Return a uniform point of the ball (radius ε u^{1/d}, T25), projected on the box."""
        if not self.bounded:
            return self.sample_box(x, streams)
        shape = tuple(x.shape[1:])
        direction = streams.normal(shape, torch.float64)
        radius = self.eps * streams.uniform((), torch.float64) ** (1 / x[0].numel())
        length = self.distance(direction).clamp_min(1e-12)
        return self.project(x, add_toward(x, direction * _column(radius / length, x)))

    def extreme(self, x: Images, gradient: Images) -> Images:
        """Return x + clip(t · gradient) of length ε, t as in the projection."""
        return self.pull_inside(x, add_toward(x, self._scaled(x, _unit(gradient, self))))

    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        """Return z + size · gradient / ‖gradient‖₂, projected; no move where the gradient is zero (T11)."""
        return self.project(x, z + size * _unit(gradient, self))


def _unit(gradient: Images, threat: Threat) -> Tensor:
    """Return gradient / ‖gradient‖, zero where it is zero; scaled first, so that tiny gradients do not vanish (T11)."""
    largest = gradient.abs().flatten(1).amax(1)
    scaled = gradient / _column(torch.where(largest > 0, largest, 1), gradient)
    return scaled / _column(threat.distance(scaled).clamp_min(1e-12), gradient)
