"""L-BFGS in a box, one independent descent a sample: every pass is a trial point of every sample's own line search."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.threats.base import Threat, _column
from sparring.types import Images, Mask, Scores

MEMORY = 8
ARMIJO = 1e-4
BACKTRACKS = 12
FLAT = 1e-5
"""A step that lowers the value by less than this share of it ends the descent."""


class Descent:
    """Minimizes one function a sample over the box: look at `trial`, `tell` what is there, repeat.

    The two-loop recursion (Nocedal 1980) runs on the free coordinates: those not held at an edge of the box by their
    gradient. A trial that fails Armijo's test shortens that sample's step by a parabola, and costs only it a pass.
    """

    def __init__(self, threat: Threat, x: Images, scale: Scores) -> None:
        self._threat, self._x = threat, x
        self._low, self._high = threat.limits(x)
        n = len(x)
        self.trial = x.clone()
        self.point, self._gradient = x.clone(), torch.zeros_like(x)
        self._value = torch.full((n,), torch.inf, dtype=x.dtype, device=x.device)
        self._direction, self._length = torch.zeros_like(x), torch.ones_like(self._value)
        self._moves = torch.zeros(MEMORY, *x.shape, dtype=x.dtype, device=x.device)
        self._bends = torch.zeros_like(self._moves)
        self._scale, self._failures = scale.clone(), torch.zeros(n, dtype=torch.int64, device=x.device)

    def restart(self, rows: Mask, scale: Scores) -> None:
        """Begin anew where these samples stand; their function has changed, its Hessian is about 1 / scale."""
        self.trial = torch.where(_column(rows, self._x), self.point, self.trial)
        self._value[rows] = torch.inf
        self._moves[:, rows] = 0
        self._bends[:, rows] = 0
        self._failures[rows] = 0
        self._scale = torch.where(rows, scale, self._scale)

    def tell(self, value: Scores, gradient: Images) -> tuple[Mask, Mask]:
        """Take in value and gradient at `trial`, and set the next one; return who accepted it, and who is done."""
        slope = _dot(self._gradient, self.trial - self.point)
        fresh = torch.isinf(self._value)
        accepted = fresh | (value <= self._value + ARMIJO * slope)
        gain = self._value - value
        done = accepted & ~fresh & (gain <= FLAT * value.abs())
        self._remember(accepted & ~fresh, self.trial - self.point, gradient - self._gradient)
        keep = _column(accepted, self._x)
        self.point = torch.where(keep, self.trial, self.point)
        self._gradient = torch.where(keep, gradient, self._gradient)
        # Where refused: the lowest point of the parabola through value, slope and the refused value.
        curve = 2 * (value - self._value - slope)
        shorter = (-slope / torch.where(curve > 0, curve, 1)).clamp(0.1, 0.5)
        self._length = torch.where(accepted, 1.0, self._length * torch.where(curve > 0, shorter, 0.1))
        self._failures = torch.where(accepted, 0, self._failures + 1)
        self._value = torch.where(accepted, value, self._value)
        if bool(accepted.any()):
            self._direction = torch.where(keep, self._newton(), self._direction)
        step = _column(self._length, self._x) * self._direction
        self.trial = self._threat.clip(self._x, self.point + step)
        still = (self.trial == self.point).flatten(1).all(1)
        return accepted, done | still | (self._failures > BACKTRACKS)

    def _remember(self, rows: Mask, move: Images, bend: Images) -> None:
        """Push a pair of these samples, newest first, if it curves upward."""
        product = _dot(move, bend)
        good = rows & (product > 1e-8 * (_dot(move, move) * _dot(bend, bend)).sqrt())
        if bool(good.any()):
            mask = _column(good, self._x)
            for store, new in ((self._moves, move), (self._bends, bend)):
                store.copy_(torch.where(mask, torch.cat([new[None], store[:-1]]), store))

    def _newton(self) -> Images:
        """Return −H · gradient on the free coordinates, by the two-loop recursion."""
        g, z = self._gradient, self.point
        free = ~(((z <= self._low) & (g > 0)) | ((z >= self._high) & (g < 0)))
        q = g * free
        moves, bends = self._moves * free, self._bends * free
        products = torch.stack([_dot(s, y) for s, y in zip(moves, bends, strict=True)])
        usable = products > 0
        inverse = torch.where(usable, 1 / torch.where(usable, products, 1), 0)
        shares = []
        for s, y, rho in zip(moves, bends, inverse, strict=True):
            share = rho * _dot(s, q)
            q = q - _column(share, q) * y
            shares.append(share)
        newest = _dot(bends[0], bends[0])
        known = usable[0] & (newest > 0)
        scale = torch.where(known, products[0] / torch.where(known, newest, 1), self._scale)
        q = q * _column(scale, q)
        for s, y, rho, share in reversed(list(zip(moves, bends, inverse, shares, strict=True))):
            q = q + _column(share - rho * _dot(y, q), q) * s
        downhill = _dot(q, g) > 0
        return -torch.where(_column(downhill, q), q, _column(self._scale, q) * g * free)


def _dot(a: Tensor, b: Tensor) -> Scores:
    return (a * b).flatten(1).sum(1)
