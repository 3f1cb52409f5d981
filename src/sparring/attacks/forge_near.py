"""Forge an image of a class near a given image: a cat that is called an iguana."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from sparring.attacks._objectives import ce, margin, prob_l2
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, tighten
from sparring.attacks.base import Attack
from sparring.attacks.forge import sure_of_target
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Labels, Logits, Scores

STRIDE = 0.5
"""The first steps, as a share of the way that a linear model would have to go."""
GROWTH = 1.05
"""Steps grow so much at a time while the model does not say the target yet."""


@dataclass(frozen=True)
class ForgeNear(Attack):
    """Minimize ½ ‖ŷ(x) − e_t‖² + λ ‖x − x₀‖² from x₀, and keep the nearest image that is called t.

    ŷ = softmax of the logits. At x₀ the first term has no slope to speak of (ŷ_t is about 0) and the second holds x in
    place, so λ counts only where the model says the target: before that the descent is on −log ŷ_t alone. Steps are
    x ← Π(x − α g / ‖g‖₂), with α falling on a cosine to a hundredth.

    Fields: `lam` λ > 0 a squared unit of distance: larger stays nearer the boundary, smaller goes for a surer answer;
    `steps` ≥ 1; `confidence` in [0, 1), the target's probability to reach, 0 for being the answer at all.

    Cost: steps + 1 forwards and backwards, and 8 forwards.

    Source: the targeted form of Szegedy et al. 2014, arXiv 1312.6199, section 4.1, with the squared error of the
    probabilities for a loss, as in teaching texts. **Differs**: steps of a given length, begun at half of what a linear
    model would need; λ waits for the target; the softmax of several classes spreads the pull, so the exact distance is
    met only by two of them or with a large λ; at the end the boundary is looked for between x₀ and the nearest image.

    >>> ForgeNear(steps=100).passes(classes=10)
    210
    """

    cites = ("szegedy2014",)
    minimal = True
    norms = ("l2",)
    goals = "targeted"
    free_threat = "l2(inf)"

    lam: float = 1.0
    steps: int = 200
    confidence: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.lam < math.inf or self.steps < 1:
            raise InputError(f"expected lam > 0 and steps >= 1, got {self.lam} and {self.steps}")
        if not 0 <= self.confidence < 1:
            raise InputError(f"expected confidence in [0, 1), got {self.confidence}")

    def passes(self, classes: int) -> int:
        return 2 * (self.steps + 1) + LOOKS

    def run(self, search: Search) -> None:
        search.goal = sure_of_target(self.confidence)
        x = search.x
        value, slope = search.gradient(x, margin)
        steep = slope.flatten(1).square().sum(1).sqrt()
        reach = STRIDE * torch.where(steep > 0, -value / torch.where(steep > 0, steep, 1), 1)
        z = x
        for step in range(self.steps):
            logits, _, slope = search.look(z, _reach_or_hold)
            there = margin(logits, search.labels, search.targets) > 0
            pull = torch.where(_column(there, x), slope - 2 * self.lam * (z - x), slope)
            length = pull.flatten(1).square().sum(1).sqrt()
            decay = 0.01 + 0.99 * (1 + math.cos(math.pi * step / self.steps)) / 2
            stride = reach * decay / torch.where(length > 0, length, 1)
            z = search.threat.clip(x, z + _column(stride, x) * pull)
            reach = torch.where(torch.isinf(search.nearest), GROWTH * reach, reach)
        tighten(search, search.strongest, torch.isfinite(search.nearest))


def _reach_or_hold(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """Return log ŷ_t where the model does not say the target yet, −½ ‖ŷ − e_t‖² where it does."""
    there = margin(logits, labels, targets) > 0
    return torch.where(there, prob_l2(logits, labels, targets), ce(logits, labels, targets))
