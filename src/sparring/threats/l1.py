"""The sum of all changes is at most ε."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.threats.base import Threat, _column, add_toward
from sparring.types import Images, Scores


@dataclass(frozen=True)
class L1(Threat):
    """The cross-polytope around x, cut with the box: Σ |x'_i − x_i| ≤ ε.

    Fields: `eps` in units of the images, summed over all coordinates; `bounds` (lo, hi).
    Projection on ball ∩ box: δ_i = sign(d_i) · min(max(|d_i| − λ, 0), r_i), with d = z − x, r_i the room to the box and
    λ ≥ 0 the root of Σ |δ_i| = ε, a decreasing piecewise linear function: Newton's method kept inside a bracket.

    Source: Croce and Hein 2021, arXiv 2103.01208 (Prop. 2.1). **Differs**: the paper sorts the breakpoints; Newton
    needs about ten elementwise passes and no sort. The step of steepest ascent moves toward the best vertex of
    ball ∩ box, where one of a fixed sparsity must guess how many coordinates to move.

    >>> import torch
    >>> L1(1.0).project(torch.zeros(1, 3), torch.tensor([[2.0, 0.3, 0.1]]))
    tensor([[1., 0., 0.]])
    """

    cites = ("croce2021l1",)
    eps: float = 12.0

    def distance(self, delta: Images) -> Scores:
        """Return Σ |δ_i|."""
        return delta.flatten(1).abs().sum(1)

    def project(self, x: Images, z: Images) -> Images:
        """Return the nearest point to z with Σ |δ_i| ≤ ε inside the box."""
        d = z.double() - x.double()
        inside = _column(self.distance(self.clip(x, z).double() - x.double()) <= self.eps, x)
        if bool(inside.all()):
            return self.clip(x, z)
        length, room = d.abs().flatten(1), self.room(x.double(), d).flatten(1)
        threshold = _root(length, room, self.eps)[:, None]
        delta = torch.minimum((length - threshold).clamp_min(0), room).view_as(d) * d.sign()
        return self.pull_inside(x, torch.where(inside, z, add_toward(x, delta)))

    def sample(self, x: Images, streams: Streams) -> Images:
        """Return a uniform point of the ball (normalized exponentials with random signs), projected on the box."""
        if not self.bounded:
            return self.sample_box(x, streams)
        shape = (x[0].numel() + 1,)
        exponential = -torch.log1p(-streams.uniform(shape, torch.float64))
        share = (exponential / exponential.sum(1, keepdim=True))[:, :-1]
        sign = torch.where(streams.uniform((x[0].numel(),)) < 0.5, -1.0, 1.0)
        return self.project(x, x + (self.eps * share * sign).view_as(x).to(x.dtype))

    def extreme(self, x: Images, gradient: Images) -> Images:
        """Return the vertex that spends ε on the steepest coordinates first, each as far as its room."""
        room = self.room(x.double(), gradient).flatten(1) * (gradient != 0).flatten(1)
        order = gradient.abs().flatten(1).argsort(dim=1, descending=True, stable=True)
        sorted_room = room.gather(1, order)
        spent_before = sorted_room.cumsum(1) - sorted_room
        spend = torch.minimum((self.eps - spent_before).clamp_min(0), sorted_room)
        delta = torch.zeros_like(room).scatter(1, order, spend).view_as(x) * gradient.sign()
        return self.clip(x, add_toward(x, delta))

    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        """Return z moved by `size` (in Σ |·|) straight toward the best vertex, which stays inside the convex set."""
        to_vertex = self.extreme(x, gradient) - z
        to_vertex = to_vertex * _column((gradient != 0).flatten(1).any(1), x)
        share = (size / self.distance(to_vertex).clamp_min(1e-12)).clamp_max(1)
        return self.pull_inside(x, z + _column(share, x) * to_vertex)


def _root(length: Tensor, room: Tensor, eps: float | Scores) -> Tensor:
    """Return λ ≥ 0 with Σ min(max(length − λ, 0), room) = ε for each row; the sum at λ = 0 exceeds ε, or λ is 0."""
    low = torch.zeros(len(length), dtype=length.dtype, device=length.device)
    high = length.amax(1)
    threshold = low
    for _ in range(100):
        shifted = length - threshold[:, None]
        total = torch.minimum(shifted.clamp_min(0), room).sum(1) - eps
        low, high = torch.where(total >= 0, threshold, low), torch.where(total < 0, threshold, high)
        if bool(((total.abs() <= 1e-9 * eps) | (high - low <= 1e-12 * high)).all()):
            break
        slope = ((shifted > 0) & (shifted < room)).sum(1)
        newton = threshold + total / slope.clamp_min(1)
        fits = (slope > 0) & (newton > low) & (newton < high)
        threshold = torch.where(fits, newton, (low + high) / 2)
    return threshold
