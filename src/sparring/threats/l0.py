"""At most ε coordinates may change, each to anything in the box."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.threats.base import Threat, count_of
from sparring.types import Images, Scores


@dataclass(frozen=True)
class L0(Threat):
    """All images in the box that differ from x in at most ε coordinates: #{i : x'_i ≠ x_i} ≤ ε.

    Fields: `eps`, a count of coordinates (a color pixel has three), at least 1, rounded down; `bounds` (lo, hi).
    The nearest point keeps, clipped, the coordinates with the largest (z_i − x_i)² − (z_i − clip(z_i))², and resets
    the rest.

    Source: Papernot et al. 2016, arXiv 1511.07528; Croce and Hein 2019, arXiv 1909.05040 (projection).
    **Differs**: counts coordinates, as AttackBench does, where some count pixels.

    >>> import torch
    >>> L0(1).project(torch.zeros(1, 3), torch.tensor([[0.2, -5.0, 0.4]]))
    tensor([[0.0000, 0.0000, 0.4000]])
    """

    cites = ("papernot2016jsma", "croce2019sparse")
    eps: float = 50.0

    def __post_init__(self) -> None:
        Threat.__post_init__(self)
        if self.eps < 1:
            raise InputError(f"expected eps >= 1 in l0(eps), a count of coordinates, got {self.eps}")

    def excess(self, x: Images, z: Images) -> Scores:
        """Return the count of changed coordinates over ε, shape (n,)."""
        return (z != x).flatten(1).sum(1).double() / (math.floor(self.eps) if self.bounded else math.inf)

    def distance(self, delta: Images) -> Scores:
        """Return the number of coordinates that are not 0."""
        return (delta != 0).flatten(1).sum(1).to(delta.dtype)

    def _keep(self, x: Images, z: Images, worth: Tensor) -> Images:
        """Return z at the ε coordinates worth most (and worth more than 0), x elsewhere."""
        z = self.clip(x, z)
        worth = worth.flatten(1)
        count = count_of(self.eps, x)
        if count >= worth.shape[1]:
            return z
        best = worth.topk(count, dim=1)
        kept = torch.zeros_like(worth, dtype=torch.bool).scatter(1, best.indices, best.values > 0)
        return torch.where(kept.view_as(x), z, x)

    def project(self, x: Images, z: Images) -> Images:
        """Return the nearest image to z in the box with at most ε changed coordinates."""
        d = (z - x).double()
        return self._keep(x, z, d.square() - (z.double() - self.clip(x, z).double()).square())

    def sample(self, x: Images, streams: Streams) -> Images:
        """Return ε random coordinates set to uniform values of the box."""
        value = self.sample_box(x, streams)
        return self._keep(x, value, 1 + streams.uniform(tuple(x.shape[1:]), torch.float64))

    def extreme(self, x: Images, gradient: Images) -> Images:
        """Return the ε coordinates with the largest |gradient| · room, moved to the edge of the box."""
        room = self.room(x, gradient)
        return self._keep(x, x + gradient.sign() * room, gradient.abs().double() * room.double())

    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        """Return z with ⌈size⌉ more coordinates moved to their best value, and the least useful ones reset.

        A coordinate is worth what the tangent says it brings: gradient_i · (z_i − x_i).
        """
        target = self.extreme(x, gradient)
        gain = (gradient.double() * (target - z).double()).flatten(1)
        gain = torch.where((target != x).flatten(1), gain, 0)
        count = min(max(1, -int(-size // 1)), gain.shape[1])
        best = gain.topk(count, dim=1)
        moved = torch.zeros_like(gain, dtype=torch.bool).scatter(1, best.indices, best.values > 0)
        z = torch.where(moved.view_as(x), target, z)
        # A shift keeps changed coordinates of no worth ahead of unchanged ones while there is room for them.
        worth = (gradient.double() * (z - x).double()).flatten(1)
        worth = torch.where((z != x).flatten(1), worth - worth.amin(1, keepdim=True) + 1, 0)
        return self._keep(x, z, worth)
