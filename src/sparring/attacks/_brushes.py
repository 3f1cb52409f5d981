"""What Square paints: squares of corners in Linf, windows of bumps in L2 and L1."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.linalg import vector_norm

from sparring.attacks._search import Search
from sparring.attacks._windows import Places, bumps, planes, window
from sparring.threats.base import _column
from sparring.types import Images, Labels

SCALINGS = 3
"""How often a change is drawn out to ε and cut to the box: the box cuts less each time."""


class Corners:
    """Squares in which every pixel stands at x + ε or x − ε (or the edge of the box), one sign a channel.

    `chances`: how many uniform numbers a sample one change takes.
    """

    def __init__(self, search: Search) -> None:
        x, threat = search.x, search.threat
        self._shape = planes(x)
        self._ends = [threat.extreme(x, torch.full_like(x, way)).contiguous() for way in (1, -1)]
        self._streams, self.chances = search.streams, 2 + self._shape[0]
        self._places = functools.cache(functools.partial(Places, height=self._shape[1], width=self._shape[2]))

    def start(self) -> Images:
        """Return stripes as wide as one pixel."""
        channels, _, width = self._shape
        up = self._streams.uniform((channels, 1, width)) < 0.5
        high, low = (end.view(-1, *self._shape) for end in self._ends)
        return torch.where(up, high, low).view_as(self._ends[0])

    def paint(self, z: Images, rows: Labels, chance: Tensor, share: float) -> None:
        """Put one square into each of these samples of z; one that would change nothing takes the other signs."""
        channels, height, width = self._shape
        place = self._places(window(share, height, width, odd=False)).at(chance[:, 0], chance[:, 1])
        plane = rows[:, None] * channels + torch.arange(channels, device=rows.device)
        at = plane[:, :, None] * (height * width) + place
        high, low = (end.view(-1)[at] for end in self._ends)
        up, pixels = chance[:, 2:, None] < 0.5, z.view(-1)
        same = (torch.where(up, high, low) == pixels[at]).flatten(1).all(1)
        pixels[at] = torch.where(up ^ same[:, None, None], high, low)


class Bumps:
    """Windows that hold what they held plus a bump beside its negative, paid for by another window and unused ε."""

    def __init__(self, search: Search) -> None:
        self._x, self._threat, self._streams = search.x.contiguous(), search.threat, search.streams
        self._shape = planes(search.x)
        self._order = 2 if search.threat.name() == "l2" else 1
        self.chances = 5 + self._shape[0]
        self._places = functools.cache(functools.partial(Places, height=self._shape[1], width=self._shape[2]))
        self._bumps = functools.cache(lambda sides: bumps(sides, self._order, self._x))

    def start(self) -> Images:
        """Return a grid of about five by five bumps, each with a sign of its own."""
        channels, height, width = self._shape
        side = max(height // 5, 1), max(width // 5, 1)
        count = height // side[0], width // side[1]
        flipped = self._streams.uniform(()) < 0.5
        signs = torch.where(self._streams.uniform((channels, *count)) < 0.5, -1.0, 1.0).to(self._x)
        bump = self._bumps(side)[flipped.long()].view(-1, 1, *side)
        tiles = signs.repeat_interleave(side[0], 2).repeat_interleave(side[1], 3) * bump.repeat(1, 1, *count)
        delta = torch.zeros_like(self._x).view(-1, *self._shape)
        top, left = ((whole - n * s) // 2 for whole, n, s in zip((height, width), count, side, strict=True))
        delta[:, :, top : top + tiles.shape[2], left : left + tiles.shape[3]] = tiles
        return self._inside(self._x, delta.flatten(2))

    def paint(self, z: Images, rows: Labels, chance: Tensor, share: float) -> None:
        """Change one window of each of these samples of z."""
        channels, height, width = self._shape
        sides = window(share, height, width, odd=True)
        x, places = self._x[rows], self._places(sides)
        delta = (z[rows] - x).view(len(rows), channels, height * width)
        filled, emptied = (places.at(chance[:, i], chance[:, i + 1]).expand(-1, channels, -1) for i in (0, 2))
        left = self._mass(delta.flatten(1), 1)[:, None, None]
        inside = delta.gather(2, filled)
        others = delta.scatter(2, emptied, 0).scatter_(2, filled, 0)
        freed = (self._mass(delta, 2) - self._mass(others, 2)).clamp_min(0)[:, :, None]
        spare = (self._threat.radius**self._order - left).clamp_min(0) / channels
        sign = torch.where(chance[:, 5:, None] < 0.5, -1, 1)
        fresh = self._bumps(sides)[(chance[:, 4] < 0.5).long()][:, None] * sign + self._unit(inside)
        length = (spare + freed) ** (1 / self._order)
        z[rows] = self._inside(x, others.scatter_(2, filled, self._unit(fresh) * length))

    def _mass(self, delta: Tensor, dim: int) -> Tensor:
        return delta.square().sum(dim) if self._order == 2 else delta.abs().sum(dim)

    def _unit(self, delta: Tensor) -> Tensor:
        length: Tensor = vector_norm(delta, self._order, dim=-1, keepdim=True)
        return delta / length.clamp_min(1e-12)

    def _inside(self, x: Images, delta: Tensor) -> Images:
        """Return x + t · delta inside the box, t such that ε is used up: what the box cuts off the others get.

        A projection would take from every pixel alike, and wipe out the small changes that were made so far.
        """
        delta = delta.view_as(x)
        for _ in range(SCALINGS):
            length = self._threat.distance(delta).clamp_min(1e-12)
            z = self._threat.clip(x, x + delta * _column(self._threat.radius / length, x))
            delta = z - x
        return self._threat.pull_inside(x, z)
