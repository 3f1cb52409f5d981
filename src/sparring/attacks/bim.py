"""The basic iterative method (I-FGSM): FGSM in small steps from the image itself."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.attacks._objectives import objective
from sparring.attacks._schedule import step_size
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class BIM(Attack):
    """Iterate x ← Π_S(x + α · sign(∇ₓL)) from x itself: no random start, the ball always about the original (T12).

    Fields: `steps` ≥ 1; `step_size` α in the unit of the norm, None for 1.5 ε / steps; `loss`, ce, margin or dlr.

    Cost: steps + 1 forwards, steps backwards.

    Source: Kurakin, Goodfellow, Bengio 2017, arXiv 1607.02533. **Differs**: any norm, by the threat's steepest step;
    the paper's α is 1/255 and its number of steps depends on ε.

    >>> import sparring
    >>> sparring.parse("bim").steps
    10
    """

    cites = ("kurakin2017",)
    steps: int = 10
    step_size: float | None = None
    loss: str = "ce"

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1:
            raise InputError(f"expected steps >= 1, got {self.steps}")
        if self.step_size is not None and not self.step_size > 0:
            raise InputError(f"expected step_size > 0, got {self.step_size}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1

    def run(self, search: Search) -> None:
        loss, size = objective(self.loss), step_size(self, search.threat, self.step_size, 1.5 / self.steps)
        x = search.x
        for _ in range(self.steps):
            _, gradient = search.gradient(x, loss)
            x = search.threat.step(search.x, x, gradient, size)
        search.logits(x)
