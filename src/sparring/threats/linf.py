"""Every coordinate may change by at most ε."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.threats.base import Threat, _per_channel
from sparring.types import Images, Scores

_last: list[Any] = [lambda: None, 0, None, None]
"""The batch whose interval was asked for last (weakly held), its version, the threat, and the interval."""


@dataclass(frozen=True)
class Linf(Threat):
    """The box of half-width ε around x, cut with the box of valid images: max_i |x'_i − x_i| ≤ ε.

    Fields: `eps` in units of the images (8/255 for images in [0, 1]), a number or one number a channel;
    `bounds` (lo, hi). All operations cost a few elementwise passes and are exact coordinate by coordinate.

    Source: Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572. **Differs**: float rounding is pulled inside with
    `nextafter`, so ‖x' − x‖∞ ≤ ε holds for the stored numbers.

    >>> import torch
    >>> Linf(0.1).project(torch.tensor([[0.5, 0.95]]), torch.tensor([[0.9, 2.0]]))
    tensor([[0.6000, 1.0000]])
    """

    cites = ("goodfellow2015",)
    eps: float | tuple[float, ...] = 8 / 255

    def __post_init__(self) -> None:
        if not isinstance(self.eps, tuple):
            Threat.__post_init__(self)
            return
        if not self.eps:
            raise InputError("expected one eps a channel in linf(eps), got none: give a radius such as 8/255")
        for eps in self.eps:
            Linf(eps, self.bounds)

    def _radius(self, x: Images) -> Tensor:
        return _per_channel(torch.as_tensor(self.eps, dtype=torch.float64), x.double())

    def excess(self, x: Images, z: Images) -> Scores:
        """Return max_i |δ_i| / ε_i, shape (n,), in float64."""
        return ((z.double() - x.double()).abs() / self._radius(x)).flatten(1).amax(1)

    def distance(self, delta: Images) -> Scores:
        """Return max_i |δ_i|."""
        return delta.abs().flatten(1).amax(1)

    def _interval(self, x: Images) -> tuple[Tensor, Tensor]:
        """Return the lowest and highest value each coordinate may take, rounded into the ball.

        An attack asks for those of one batch at every step; the last answer is kept while that batch lives unchanged.
        """
        if x.is_inference():  # such a tensor does not count its changes
            return self._rounded_interval(x)
        held, version, threat, known = _last
        if held() is x and version == x._version and threat == self:
            bottom, top = known
        else:
            bottom, top = self._rounded_interval(x)
            _last[:] = weakref.ref(x), x._version, self, (bottom, top)
        return bottom, top

    def _rounded_interval(self, x: Images) -> tuple[Tensor, Tensor]:
        radius = self._radius(x)
        low, high = self.limits(x)
        wide = x.double()
        bottom, top = (wide - radius).to(x.dtype), (wide + radius).to(x.dtype)
        bottom = torch.where(wide - bottom.double() > radius, torch.nextafter(bottom, x), bottom)
        top = torch.where(top.double() - wide > radius, torch.nextafter(top, x), top)
        # An original outside the box keeps a non-empty interval: the box wins.
        bottom, top = torch.maximum(bottom, low), torch.minimum(top, high)
        return torch.minimum(bottom, high), torch.maximum(top, low)

    def project(self, x: Images, z: Images) -> Images:
        """Return z clipped to [max(lo, x − ε), min(hi, x + ε)], coordinate by coordinate."""
        bottom, top = self._interval(x)
        return torch.maximum(torch.minimum(z, top), bottom)

    def sample(self, x: Images, streams: Streams) -> Images:
        """Return a uniform point of the ball ∩ box."""
        bottom, top = self._interval(x)
        uniform = streams.uniform(tuple(x.shape[1:]), x.dtype)
        return self.project(x, torch.where(torch.isfinite(top - bottom), bottom + uniform * (top - bottom), x))

    def extreme(self, x: Images, gradient: Images) -> Images:
        """Return the corner in the sign of the gradient: FGSM's step."""
        bottom, top = self._interval(x)
        return torch.where(gradient > 0, top, torch.where(gradient < 0, bottom, self.project(x, x)))

    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        """Return z + size · sign(gradient), projected; steepest ascent per unit of max |·|.

        Where channels have an ε of their own, `size` is that of the largest, and the others' in proportion (T15).
        """
        share = (self._radius(x) / self.radius).to(x.dtype) if isinstance(self.eps, tuple) else 1.0
        return self.project(x, z + size * share * gradient.sign())
