"""What an attacker may do: a ball around the original x, cut with the box of valid images."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.registry import Unit
from sparring.types import Images, Mask, Scores

Limit: TypeAlias = float | tuple[float, ...]
SLACK = 1e-6
"""Relative rounding allowed on ε when a candidate is judged: distance ≤ ε (1 + SLACK)."""


@dataclasses.dataclass(frozen=True)
class Threat(Unit, ABC):
    """A set S(x) = {x' : ‖x' − x‖ ≤ ε} ∩ [lo, hi]: it measures, projects, samples and steps; attacks serve any.

    Fields: `eps`, the radius in the norm's unit (> 0; `inf` leaves only the box); `bounds` (lo, hi), the box of
    valid images, each a number or one number a channel. Methods take the original `x` first and return images of
    its shape; every returned image lies in S(x) to within SLACK, whatever the rounding (T9).
    """

    kind: ClassVar[str] = "threat"
    positional: ClassVar[int] = 1

    eps: float | tuple[float, ...] = math.inf
    bounds: tuple[Limit, Limit] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not _is_number(self.eps) or not self.radius > 0:
            raise InputError(f"expected eps > 0 in {self.name()}(eps), got {self.eps!r}: give a radius such as 8/255")
        if not _are_bounds(self.bounds):
            raise InputError(
                f"expected bounds (lo, hi) with lo < hi, finite, each a number or one a channel, got {self.bounds!r}"
            )

    def _limit(self, side: int) -> Tensor:
        return torch.as_tensor(self.bounds[side], dtype=torch.float64)

    def limits(self, x: Images) -> tuple[Tensor, Tensor]:
        """Return (lo, hi) in the type and on the device of x, shaped to broadcast over it."""
        low, high = (_per_channel(self._limit(side), x) for side in (0, 1))
        return low, high

    def clip(self, x: Images, z: Images) -> Images:
        """Return z cut to the box alone."""
        low, high = self.limits(x)
        return torch.maximum(torch.minimum(z, high), low)

    def room(self, x: Images, direction: Images) -> Images:
        """Return how far each coordinate of x may move in the sign of `direction` before it leaves the box, ≥ 0."""
        low, high = self.limits(x)
        return torch.where(direction > 0, high - x, x - low).clamp_min(0)

    def contains(self, x: Images, z: Images) -> Mask:
        """Say for each sample whether z lies in the box, exactly, and in the ball, to within SLACK; shape (n,)."""
        low, high = self.limits(x)
        boxed = ((z >= low) & (z <= high)).flatten(1).all(1)
        return boxed & (self.excess(x, z) <= 1 + SLACK)

    def excess(self, x: Images, z: Images) -> Scores:
        """Return distance / ε, (n,) float64: above 1 is outside the ball."""
        return self.distance(z.double() - x.double()) / self.radius

    def sample_box(self, x: Images, streams: Streams) -> Images:
        """Return a uniform image of the box: what sampling means when ε is infinite."""
        low, high = self.limits(x)
        return self.clip(x, low + streams.uniform(tuple(x.shape[1:]), x.dtype) * (high - low))

    @property
    def bounded(self) -> bool:
        """Whether ε is finite."""
        return math.isfinite(self.radius)

    @property
    def radius(self) -> float:
        """ε as one number: the largest of any channel."""
        return max(self.eps) if isinstance(self.eps, tuple) else float(self.eps)

    def pull_inside(self, x: Images, z: Images) -> Images:
        """Return z, which is in S(x) but for rounding, shrunk toward x where it is not: inside for sure (T9)."""
        z = self.clip(x, z)
        if not self.bounded:
            return z
        excess = self.excess(x, z)
        outside = excess > 1 + SLACK
        if not bool(outside.any()):
            return z
        delta = (z.double() - x.double()) / _column(torch.where(outside, excess, 1), x)
        return torch.where(_column(outside, x), self.clip(x, add_toward(x, delta)), z)

    @abstractmethod
    def distance(self, delta: Images) -> Scores:
        """Return the norm of each perturbation, shape (n,)."""

    @abstractmethod
    def project(self, x: Images, z: Images) -> Images:
        """Return the point of S(x) nearest to z in Euclidean distance: exact on ball ∩ box together (T10)."""

    @abstractmethod
    def sample(self, x: Images, streams: Streams) -> Images:
        """Return a random point of S(x): uniform in the ball, then projected on the box where it sticks out."""

    @abstractmethod
    def extreme(self, x: Images, gradient: Images) -> Images:
        """Return argmax over x' in S(x) of ⟨gradient, x'⟩: what one step can reach at best, exact if linear."""

    @abstractmethod
    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        """Return z moved by `size` (in the norm's unit) in its direction of steepest ascent, inside S(x)."""


def _per_channel(limit: Tensor, x: Images) -> Tensor:
    """Shape a number, or one number a channel, so that it broadcasts over images (n, c, *hw)."""
    if limit.ndim and (x.ndim < 2 or x.shape[1] != len(limit)):
        raise InputError(f"expected one value a channel ({x.shape[1] if x.ndim > 1 else 0}), got {len(limit)}")
    shaped = limit.view(-1, *[1] * (x.ndim - 2)) if limit.ndim else limit
    return shaped.to(x.device, x.dtype)


def _column(values: Tensor, x: Images) -> Tensor:
    """Shape per-sample values (n,) so that they broadcast over images (n, *chw)."""
    return values.view(-1, *[1] * (x.ndim - 1))


def add_toward(x: Images, delta: Tensor) -> Images:
    """Return x + delta (float64) rounded to the type of x so that no coordinate moves further than delta says.

    To the nearest where that is within a rounding of float64, else the neighbor closer to x: the change then lies
    in every ball that delta lies in, in bfloat16 as in float64.
    """
    z = (x.double() + delta).to(x.dtype)
    return torch.where((z.double() - x.double()).abs() > delta.abs() * (1 + 1e-12), torch.nextafter(z, x), z)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_bounds(bounds: object) -> bool:
    """Say whether bounds are (lo, hi), finite, lo < hi in every channel, with equally many channels on each side."""
    if not isinstance(bounds, tuple) or len(bounds) != 2:
        return False
    sides = [side if isinstance(side, tuple) else (side,) for side in bounds]
    if not all(side and all(_is_number(value) and math.isfinite(value) for value in side) for side in sides):
        return False
    if all(isinstance(side, tuple) for side in bounds) and len(sides[0]) != len(sides[1]):
        return False
    length = max(map(len, sides))
    low, high = (side * length if len(side) == 1 else side for side in sides)
    return all(lo < hi for lo, hi in zip(low, high, strict=True))


def count_of(eps: float, x: Images) -> int:
    """Return ε as a number of coordinates, at most all of them."""
    return int(min(eps, x[0].numel()))
