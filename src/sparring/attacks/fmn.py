"""Fast minimum norm: one gradient a step, while the radius of the ball follows the decision boundary."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.linalg import vector_norm

from sparring.attacks._balls import into_ball
from sparring.attacks._hyperplane import over_hyperplane
from sparring.attacks._objectives import Objective, margin
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, finish
from sparring.attacks.base import Attack
from sparring.attacks.deepfool import DeepFool
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Labels, Mask, Scores


@dataclass(frozen=True)
class FMN(Attack):
    """Iterate x ← Π_{ε_k}(x + α_k g / ‖g‖₂), g = ∇ margin, with ε_{k+1} = ε_k (1 − γ_k) if wrong, ε_k (1 + γ_k) if not.

    Until a sample has been wrong once, ε_{k+1} = ‖δ_k‖ + the distance to the boundary by the tangent. α_k and γ_k are
    annealed along a cosine. At the end the nearest image found is moved back along its segment to x, up to the boundary
    (in L0: what is not needed of it is dropped), and three DeepFool steps from x are tried besides.

    Fields: `steps` ≥ 1; `step_size` α₀ > 0, a share of the diagonal of the box, down to α₀ / 100; `gamma` γ₀ in (0, 1),
    down to γ₀ / 50; `candidates` ≥ 1, how many wrong classes DeepFool tries.

    Cost: at most steps + 22 forwards and steps + 3 · candidates + 1 backwards.

    Source: Pintor et al. 2021, arXiv 2102.12827, Alg. 1. **Differs**: the projection and the distance to the boundary
    are exact for ball ∩ box, where the paper clips afterwards and may then stall; while nothing is found ε grows by γ
    at least; α is relative to the box, not one number for all data; the end, where
    DeepFool helps if the runner-up is not the nearest class. In L0 steps of ε are one at least.

    >>> import sparring
    >>> sparring.show(FMN(steps=30))
    'fmn(steps=30)'
    """

    minimal = True
    free_threat = "l2(inf)"
    cites = ("pintor2021",)
    steps: int = 100
    step_size: float = 1.0
    gamma: float = 0.05
    candidates: int = 9

    def __post_init__(self) -> None:
        if self.steps < 1 or self.candidates < 1:
            raise InputError(f"expected steps >= 1 and candidates >= 1, got {self.steps} and {self.candidates}")
        if not self.step_size > 0 or not 0 < self.gamma < 1:
            raise InputError(f"expected step_size > 0 and gamma between 0 and 1, got {self.step_size} and {self.gamma}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1 + LOOKS + self._second_opinion().passes(classes)

    def run(self, search: Search) -> None:
        best, nearest = self.descend(search, margin)
        finish(search, best, nearest < torch.inf)
        self._second_opinion().run(search)

    def descend(
        self, search: Search, loss: Objective, targets: Labels | None = None, start: Images | None = None
    ) -> tuple[Images, Scores]:
        """Iterate from x, or another start, on a loss that is positive where it is won.

        Return the nearest such image of the run and its distance.

        `targets` stands in for the search's own. Cost: steps + 1 forwards, steps backwards.
        """
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        diagonal = vector_norm((high - low).expand_as(x).flatten(1), dim=1)
        nearest, best, z = torch.full_like(search.distance, torch.inf), x, x if start is None else start
        radius = threat.distance((z - x).double())
        for step in range(self.steps):
            _, values, gradient = search.look(z, loss, targets)
            hit, size = values > 0, threat.distance((z - x).double())
            best, nearest = _nearer(best, nearest, z, size, hit)
            left = (1 + math.cos(math.pi * step / self.steps)) / 2
            beyond = over_hyperplane(threat, z, gradient, -values.clamp_max(0))
            guess = torch.where(nearest < torch.inf, 0, size + threat.distance((beyond - z).double()))
            radius = self._follow(radius, hit, guess, nearest, left, whole=threat.name() == "l0")
            length = self.step_size * (0.01 + 0.99 * left) * diagonal
            steepness = vector_norm(gradient.flatten(1), dim=1).clamp_min(1e-30)
            z = into_ball(threat, x, z + gradient * _column(length / steepness, x), radius)
        # The last step is looked at too (T19).
        hit = loss(search.logits(z), search.labels, search.targets if targets is None else targets) > 0
        return _nearer(best, nearest, z, threat.distance((z - x).double()), hit & search.active)

    def _second_opinion(self) -> DeepFool:
        """A few DeepFool steps, which look for the nearest class, where the margin follows the runner-up."""
        return DeepFool(steps=3, candidates=self.candidates)

    def _follow(self, radius: Scores, hit: Mask, guess: Scores, nearest: Scores, left: float, *, whole: bool) -> Scores:
        """Return the next ε: smaller where the last image was wrong, larger where it was not."""
        gamma = self.gamma * (0.02 + 0.98 * left)
        grown = torch.maximum(radius * (1 + gamma), guess)
        shrunk = torch.minimum(radius, nearest) * (1 - gamma)
        if whole:
            grown = torch.maximum(grown.floor(), radius + 1)
            shrunk = shrunk.floor().clamp_min(1)
        return torch.where(hit, shrunk, grown)


def _nearer(best: Images, nearest: Scores, z: Images, size: Scores, hit: Mask) -> tuple[Images, Scores]:
    """Return the nearest adversarial image so far and its distance, z among them; unlike the search's, of any ε."""
    closer = hit & (size < nearest)
    return torch.where(_column(closer, z), z, best), torch.where(closer, size, nearest)
