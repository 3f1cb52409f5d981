"""DeepFool: step after step over the nearest boundary of the linearized model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._hyperplane import nearest_boundary, over_hyperplane, rivals
from sparring.attacks._objectives import margin
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, finish
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import Threat, _column
from sparring.types import Images, Mask, Scores


@dataclass(frozen=True)
class DeepFool(Attack):
    """Iterate x ← x + argmin{‖δ‖ : f_j(x) + ⟨∇f_j(x), δ⟩ = η |f_j(x₀)|}, j the nearest, until wrong.

    f_j = z_j − z_y for the most likely wrong classes j. Then back to the boundary along the segment to the original
    x₀. With a target t the one boundary is f = z_t − max_{j≠t} z_j.

    Fields: `steps` ≥ 1, at most; `overshoot` η ≥ 0, how far past the boundary a step aims; `candidates` ≥ 1, how many
    wrong classes are tried, the most likely at x₀.

    Cost: at most steps + 10 forwards and steps · candidates backwards (steps for a target); a handful of steps is
    usual.

    Source: Moosavi-Dezfooli, Fawzi, Frossard 2016, arXiv 1511.04599, Alg. 2. **Differs**: the box:
    distances to boundaries are those inside it; a step is clipped, and taken in the shortest way inside the box where
    clipping would cost it more than half of its gain. η is a share of the first gap, not of each step, so that a step
    which was clipped short still crosses. The segment at the end gives back what the overshoot cost. L1 and L0 follow
    by the same rule; in L0 the end drops coordinates instead.

    >>> import sparring
    >>> sparring.parse("deepfool(steps=20)").overshoot
    0.02
    """

    minimal = True
    free_threat = "l2(inf)"
    cites = ("moosavi2016",)
    steps: int = 50
    overshoot: float = 0.02
    candidates: int = 9

    def __post_init__(self) -> None:
        if self.steps < 1 or self.candidates < 1:
            raise InputError(f"expected steps >= 1 and candidates >= 1, got {self.steps} and {self.candidates}")
        if not self.overshoot >= 0:
            raise InputError(f"expected overshoot >= 0, got {self.overshoot}")

    def passes(self, classes: int) -> int:
        return 2 + self.steps * (1 + min(self.candidates, classes - 1)) + LOOKS

    def run(self, search: Search) -> None:
        boundaries = None
        if search.targets is None:
            boundaries = rivals(search.logits(search.x), search.labels, self.candidates)
        z, first = search.x, None
        reached = torch.zeros_like(search.active)
        for _ in range(self.steps):
            going = search.active & ~reached
            if not bool(going.any()):
                break
            with search.among(going):
                arrived, gaps, gradients = _linearize(search, z, boundaries)
                reached |= going & arrived
                first = gaps if first is None else first
                moved = _step(search.threat, z, gaps + self.overshoot * first, gradients)
                z = torch.where(_column(going & ~reached, z), moved, z)
        with search.among(~reached):  # the last step is looked at too (T19)
            reached |= search.reached(search.logits(z))
        finish(search, z, reached)


def _linearize(search: Search, z: Images, boundaries: Tensor | None) -> tuple[Mask, Tensor, Tensor]:
    """Return who has arrived at z, and for each boundary the gap −f_j (n, m) and the gradient ∇f_j (n, m, *chw)."""
    if boundaries is None:
        logits, values, gradient = search.look(z, margin)
        return search.reached(logits), -values[:, None], gradient[:, None]
    logits, gradients = search.jacobian(z, boundaries)
    return search.reached(logits), -(boundaries * logits[:, None]).sum(2), gradients


def _step(threat: Threat, z: Images, gaps: Tensor, gradients: Tensor) -> Images:
    """Return z moved over the nearest of the m boundaries."""
    gap, gradient = nearest_boundary(threat, z, gaps, gradients)
    needed = gap.clamp_min(0)
    clipped = over_hyperplane(threat, z, gradient, needed, boxed=False)
    short = _gain(gradient, clipped - z) < needed / 2
    return torch.where(_column(short, z), over_hyperplane(threat, z, gradient, needed), clipped)


def _gain(gradient: Images, move: Images) -> Scores:
    return (gradient.double() * move.double()).flatten(1).sum(1)
