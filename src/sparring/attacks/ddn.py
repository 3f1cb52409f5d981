"""Decoupled direction and norm: the gradient chooses the direction, success or failure the length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from sparring.attacks._hyperplane import fill
from sparring.attacks._objectives import Objective, objective
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.threats.l2 import _unit
from sparring.types import Images, Labels, Scores


@dataclass(frozen=True)
class DDN(Attack):
    """Iterate δ ← δ + α_k g, g = ∇L / ‖∇L‖₂, then put its length to ε_{k+1} = ε_k (1 − γ) if wrong, ε_k (1 + γ) if not.

    α_k is annealed along a cosine. At the end the boundary is looked for between x and the nearest image found.

    Fields: `steps` ≥ 1; `eps_start` ε₀ > 0 and `step_size` α₀ > 0, down to α₀ / 100, both in widths of the box;
    `gamma` γ in (0, 1); `loss`, ce, margin or dlr.

    Cost: steps + 9 forwards, steps backwards.

    Source: Rony et al. 2019, arXiv 1811.09600, Alg. 1. **Differs**: the image has length ε inside the box, where the
    paper clips afterwards and may then be shorter; ε starts anew from the nearest image found where that is smaller;
    the margin, whose gradient does not vanish, stands in for cross-entropy; no image is rounded to 8 bits on the way.

    >>> import sparring
    >>> sparring.parse("ddn(steps=50)").passes(classes=10)
    109
    """

    minimal = True
    norms = ("l2",)
    free_threat = "l2(inf)"
    cites = ("rony2019",)
    steps: int = 100
    eps_start: float = 1.0
    step_size: float = 1.0
    gamma: float = 0.05
    loss: str = "margin"

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1 or not self.eps_start > 0 or not self.step_size > 0:
            raise InputError(
                f"expected steps >= 1, eps_start > 0 and step_size > 0, "
                f"got {self.steps}, {self.eps_start} and {self.step_size}"
            )
        if not 0 < self.gamma < 1:
            raise InputError(f"expected gamma between 0 and 1, got {self.gamma}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1 + LOOKS

    def run(self, search: Search) -> None:
        self.descend(search, objective(self.loss))
        tighten(search, search.strongest, torch.isfinite(search.nearest))

    def descend(self, search: Search, loss: Objective, targets: Labels | None = None) -> None:
        """Iterate from x; `targets` stands in for the search's own. Cost: steps + 1 forwards, steps backwards."""
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        width = float((high - low).max())
        length = torch.full_like(search.nearest, self.eps_start * width)
        z = x
        for step in range(self.steps):
            logits, _, gradient = search.look(z, loss, targets)
            if step:
                shorter = torch.minimum(length, search.nearest) * (1 - self.gamma)
                length = torch.where(search.reached(logits), shorter, length * (1 + self.gamma))
            pace = self.step_size * width * (0.01 + 0.99 * (1 + math.cos(math.pi * step / self.steps)) / 2)
            z = at_length(search, z + pace * _unit(gradient, threat), length)
        search.logits(z)


def at_length(search: Search, z: Images, length: Scores) -> Images:
    """Return x + min(t |δ|, room) sign(δ), δ = z − x, of this L2 length (n,), or as near to it as the box lets."""
    delta = (z - search.x).double()
    room = search.threat.room(search.x, delta.to(z.dtype)).double()
    square = fill(
        torch.ones_like(delta.flatten(1)), room.flatten(1).square(), length.square(), delta.flatten(1).square()
    )
    moved = search.x.double() + square.sqrt().view_as(delta) * delta.sign()
    still = _column((delta == 0).flatten(1).all(1), z)
    return search.threat.clip(search.x, torch.where(still, z, moved.to(z.dtype)))
