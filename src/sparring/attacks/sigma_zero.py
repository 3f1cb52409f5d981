"""σ-zero: few changed coordinates by gradient descent on a smooth count of them, and a threshold that adapts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from sparring.attacks._adam import Adam
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, prune
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Labels, Scores


@dataclass(frozen=True)
class SigmaZero(Attack):
    """Minimize max(−margin, 0) + (1/d) Σ δ_i² / (δ_i² + σ) by Adam; after each step zero all |δ_i| below τ.

    The gradient is divided by its largest entry; the rate η falls along a cosine to η₀ / 10. τ grows by τ_step · η
    after an image that was wrong and shrinks by it after one that was not. At the end coordinates that the best image
    does not need are dropped.

    Fields: `steps` ≥ 1; `lr` η₀ > 0 and `threshold` τ₀ in [0, 1], in widths of the box; `sigma` σ > 0, in squares of
    that: smaller is closer to a count; `pace` > 0, τ_step.

    Cost: steps + 8 forwards, steps + 1 backwards.

    Source: Cinà et al. 2025, arXiv 2402.01879, Alg. 1. **Differs**: targets, bounds other than [0, 1], and the
    dropping of coordinates at the end.

    >>> import sparring
    >>> sparring.parse("sigma_zero(steps=50)").passes(classes=10)
    109
    """

    minimal = True
    norms = ("l0",)
    free_threat = "l0(inf)"
    cites = ("cina2025sigma", "kingma2015")
    steps: int = 100
    lr: float = 1.0
    threshold: float = 0.3
    sigma: float = 1e-3
    pace: float = 0.01

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.lr > 0 or not self.sigma > 0 or not self.pace > 0:
            raise InputError(
                f"expected steps >= 1, lr, sigma and pace > 0, "
                f"got {self.steps}, {self.lr}, {self.sigma} and {self.pace}"
            )
        if not 0 <= self.threshold <= 1:
            raise InputError(f"expected threshold between 0 and 1, a share of the box, got {self.threshold}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1 + LOOKS

    def run(self, search: Search) -> None:
        self.descend(search, margin)
        prune(search, search.strongest, torch.isfinite(search.nearest))

    def descend(self, search: Search, loss: Objective, targets: Labels | None = None) -> None:
        """Iterate from x on a loss that is positive where it is won; `targets` stands in for the search's own.

        Cost: steps + 1 forwards, steps backwards.
        """
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        width = (high - low).expand_as(x)
        adam = Adam(x)
        threshold = torch.full((search.n,), self.threshold, dtype=x.dtype, device=x.device)
        z, rate = x, self.lr
        for step in range(self.steps):
            _, values, gradient = search.look(z, loss, targets)
            pull = self._descent(gradient * width, values, (z - x) / width)
            moved = threat.clip(x, z + rate * width * adam.direction(pull))
            rate = self.lr * (0.1 + 0.9 * (1 + math.cos(math.pi * step / self.steps)) / 2)
            threshold = (threshold + torch.where(values > 0, 1, -1) * self.pace * rate).clamp(0, 1)
            z = torch.where((moved - x).abs() < _column(threshold, x) * width, x, moved)
        search.logits(z)

    def _descent(self, gradient: Images, values: Scores, delta: Images) -> Images:
        """Return the direction against the gradient of the loss, its largest entry 1."""
        count = 2 * delta * self.sigma / (delta.square() + self.sigma).square() / delta[0].numel()
        pull = gradient * _column(values <= 0, gradient) - count
        largest = pull.abs().flatten(1).amax(1)
        return pull / _column(torch.where(largest > 0, largest, 1), pull)
