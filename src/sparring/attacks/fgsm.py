"""The fast gradient sign method: one step to the edge of the threat."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.attacks._objectives import objective
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks.base import Attack


@dataclass(frozen=True)
class FGSM(Attack):
    """Take one step: x' = x + ε · sign(∇ₓL(x, y)); for a target, descend on its loss.

    In other norms: the point of S(x) that is best for the tangent of L, argmax ⟨∇ₓL, x'⟩, of which the sign step is
    the case Linf. Exact for a linear model in every norm.

    Fields: `loss`, ce, margin or dlr.

    Cost: 2 forwards, 1 backward.

    Source: Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572. **Differs**: the box is part of the step, so nothing is
    lost to clipping afterwards (the same image in Linf).

    >>> import sparring
    >>> sparring.show(FGSM(loss="dlr"))
    "fgsm(loss='dlr')"
    """

    cites = ("goodfellow2015",)
    loss: str = "ce"

    def __post_init__(self) -> None:
        objective(self.loss)

    def passes(self, classes: int) -> int:
        return 3

    def run(self, search: Search) -> None:
        radius(self, search.threat)
        _, gradient = search.gradient(search.x, objective(self.loss))
        search.logits(search.threat.extreme(search.x, gradient))
