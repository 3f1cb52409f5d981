"""What a defense's loss is given: the batch, the net, and an attacker that is quick because it climbs a mirror."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from sparring.core.mirror import Mirror
from sparring.core.seeds import Streams
from sparring.games.base import Batch
from sparring.threats import Threat
from sparring.types import Images, Labels, Logits, Scores

Net: TypeAlias = nn.Module | Callable[[Tensor], Tensor]
Objective: TypeAlias = Callable[[Logits, Tensor], Scores]
"""What the attacker inside a defense climbs: from logits (m, k) and the rows (m,) of the batch they belong to."""
Start: TypeAlias = Literal["uniform", "none", "noise"]
"""Where it begins: anywhere in the threat, at the image, or at the image plus 0.001 of noise (T8)."""


@dataclass(frozen=True, eq=False)
class Round:
    """One round of a defense: `x` (n, *chw), `y` (n,), `net` in training mode, `threat`, `classes`, random numbers.

    `gather` gives the rows of all processes. `figures` takes means worth writing down; `prepared` is what the defense
    made before the first round.
    """

    batch: Batch
    net: Net
    mirror: Mirror
    threat: Threat
    classes: int
    streams: Streams
    prepared: dict[str, Tensor] = field(default_factory=dict)
    memory: dict[str, Tensor] = field(default_factory=dict)
    figures: dict[str, Tensor] = field(default_factory=dict)
    gather: Callable[[Tensor], Tensor] = field(default=lambda rows: rows)
    made: list[Images] = field(default_factory=list)
    replaying: bool = False

    @property
    def x(self) -> Images:
        """The images."""
        return self.batch.x

    @property
    def y(self) -> Labels:
        """The labels."""
        return self.batch.labels

    def attacked(
        self, objective: Objective, *, steps: int, step_size: float | None = None, start: Start | Images = "uniform"
    ) -> Images:
        """Return images of the threat at which the objective is large: projected steepest ascent on the mirror.

        x' ← Π_S(x' + α · steepest(∇ objective)), α = `step_size`, None for 2.5 ε / steps (1.25 ε for one step). No
        weight gradient is computed, running statistics stay as they are, and no graph leads back (T8, T27, T29).

        Cost: steps forwards and backwards of the mirror.
        """
        if self.replaying:
            return self.made.pop(0)
        z = climb(
            self.mirror, self.threat, self.x, objective, steps, step_length(self.threat, steps, step_size),
            start if isinstance(start, Tensor) else started(self.threat, self.x, start, self.streams),
        )  # fmt: skip
        self.made.append(z)
        return z

    def again(self, net: Net) -> Round:
        """Return this round with another net; `attacked` gives the images that it gave before, in the same order."""
        return dataclasses.replace(self, net=net, made=list(self.made), replaying=True)

    def carried(self, start: Start) -> Images:
        """Return where the attacker of the last epoch ended on these images; where there was none, a start."""
        levels, reach = self.memory["carried"], self.memory["reach"]
        index = self.batch.index
        scale = (reach[index] / 127).view(-1, *[1] * (self.x.ndim - 1))
        before = self.threat.project(self.x, self.x + levels[index].to(self.x.dtype) * scale)
        known = (reach[index] > 0).view_as(scale)
        return torch.where(known, before, started(self.threat, self.x, start, self.streams))

    def carry(self, images: Images) -> None:
        """Keep where the attacker has ended, in 255 levels of each image's largest change."""
        change = (images - self.x).flatten(1)
        reach = change.abs().amax(1)
        levels = (change / reach.clamp_min(1e-12)[:, None] * 127).round().to(torch.int8)
        index = self.gather(self.batch.index)
        self.memory["carried"][index] = self.gather(levels.view_as(self.x))
        self.memory["reach"][index] = self.gather(reach)

    def both(self, images: Images) -> tuple[Logits, Logits]:
        """Return the net's logits of the images as they are and of others, in one forward.

        Batch norms then see both as one population, which is what their running statistics describe afterwards. In
        two forwards each is normalized by its own, and a shift that an attacker makes is gone in training only.
        """
        clean, moved = self.net(torch.cat([self.x, images])).chunk(2)
        return clean, moved

    def look(self, x: Images) -> Logits:
        """Return the logits (n, k) of the mirror, without a graph; 1 forward."""
        with torch.no_grad():
            return self.mirror.logits(x)

    def answers(self) -> Labels:
        """Return what the net says of the images as they are; 1 forward."""
        return self.look(self.x).argmax(1)

    def slope(self, x: Images, objective: Objective) -> Images:
        """Return the gradient of the objective by the images; 1 forward and 1 backward of the mirror."""
        return slope(self.mirror, x, objective, torch.arange(len(x), device=x.device))

    def wide(self, z: Images, gradient: Images, size: float) -> Images:
        """Return z after one steepest step, cut to the box alone."""
        eps = self.threat.eps
        far = tuple(1e6 * each for each in eps) if isinstance(eps, tuple) else 1e6 * eps
        return dataclasses.replace(self.threat, eps=far).step(z, z, gradient, size)

    def normal_like(self, x: Images) -> Images:
        """Return standard normal numbers in the shape of x, from torch's generator, which the loop seeds each round."""
        return torch.randn_like(x)


def step_length(threat: Threat, steps: int, given: float | None) -> float:
    """Return the length of a step in the unit of the norm."""
    return given if given is not None else threat.radius * (1.25 if steps == 1 else 2.5 / steps)


def started(threat: Threat, x: Images, start: Start, streams: Streams) -> Images:
    """Return where an attacker begins."""
    if start == "none":
        return x
    if start == "uniform":
        return threat.sample(x, streams)
    return threat.project(x, x + 0.001 * streams.normal(tuple(x.shape[1:]), x.dtype))


def climb(
    mirror: Mirror, threat: Threat, x: Images, objective: Objective, steps: int, size: float, start: Images
) -> Images:
    """Return the end of so many steepest steps inside the threat."""
    rows, z = torch.arange(len(x), device=x.device), start
    for _ in range(steps):
        z = threat.step(x, z, slope(mirror, z, objective, rows), size)
    return z


def slope(mirror: Mirror, x: Images, objective: Objective, rows: Tensor) -> Images:
    """Return the gradient of the objective's sum by the images of some rows of the batch (T6)."""
    with torch.enable_grad():
        z = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(objective(mirror.logits(z), rows).sum(), z)
    return gradient
