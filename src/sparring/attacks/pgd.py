"""Projected gradient descent: many steepest steps, each projected back into the threat."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.attacks._objectives import objective
from sparring.attacks._schedule import step_size
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class PGD(Attack):
    """Iterate x ← Π_S(x + α · steepest(∇ₓL)) from random starts in S; any norm, the threat gives the step.

    Fields: `steps` ≥ 1 a start; `step_size` α in the unit of the norm, None for 2.5 ε / steps; `restarts` ≥ 1
    independent starts, of which the first success of each sample is kept (T25); `loss`, ce, margin or dlr;
    `random_start`, off to start at x itself.

    Cost: restarts · (steps forwards + steps backwards + 1 forward): the last image is looked at too (T19).

    Source: Madry et al. 2018, arXiv 1706.06083. **Differs**: the projection is exact on ball ∩ box in every norm;
    the best image seen is kept, not the last (T17).

    >>> import sparring
    >>> sparring.parse("pgd(steps=10)").step_size is None
    True
    """

    cites = ("madry2018",)
    steps: int = 40
    step_size: float | None = None
    restarts: int = 1
    loss: str = "ce"
    random_start: bool = True

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1 or self.restarts < 1:
            raise InputError(f"expected steps >= 1 and restarts >= 1, got {self.steps} and {self.restarts}")
        if self.step_size is not None and not self.step_size > 0:
            raise InputError(f"expected step_size > 0, got {self.step_size}")

    def passes(self, classes: int) -> int:
        return self.restarts * (2 * self.steps + 1)

    def run(self, search: Search) -> None:
        loss, size = objective(self.loss), step_size(self, search.threat, self.step_size, 2.5 / self.steps)
        for _ in range(self.restarts):
            x = search.threat.sample(search.x, search.streams) if self.random_start else search.x
            for _ in range(self.steps):
                _, gradient = search.gradient(x, loss)
                x = search.threat.step(search.x, x, gradient, size)
            search.logits(x)
