"""Forge an image of a class out of anything, such as white noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sparring.attacks._objectives import Objective, margin, objective
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.types import Labels, Logits, Scores

LOSSES = {"l2": "prob_l2", "l1": "prob_l1", "ce": "ce"}


@dataclass(frozen=True)
class Forge(Attack):
    """Make an image that the model calls the target with confidence, from noise or from any start, near nothing.

    Descends on −log ŷ_t(x) (or ½ ‖ŷ(x) − e_t‖², or ‖ŷ(x) − e_t‖₁), with ŷ = softmax of the logits, by steps of one
    size: x ← Π(x − α sign(∇ₓ)). No term holds x near the start; under the default threat only the box does.

    Fields: `steps` ≥ 1 (1 is "one gradient step from noise"); `step_size` α, the change of a pixel (in l2, on average);
    `loss`, ce, l2 or l1; `confidence` in [0, 1): the target's probability to reach, 0 for being the answer at all.

    Cost: steps forwards and backwards, and 1 forward.

    Source: the forging of rubbish images, after Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572, appendix, and
    Nguyen, Yosinski, Clune 2015, arXiv 1412.1897. **Differs**: steps keep their size, as the losses on
    probabilities have slopes in proportion to ŷ_t, about 0 at the start; and cross-entropy is the default, as
    ½ ‖ŷ − e_t‖² is content to trade one wrong class for another: its slope raises every class by its own ŷ_j.

    >>> Forge(steps=1).passes(10)
    3
    """

    cites = ("goodfellow2015", "nguyen2015")
    norms = ("linf", "l2")
    goals = "targeted"
    free_threat = "linf(inf)"

    steps: int = 100
    step_size: float = 2 / 255
    loss: Literal["ce", "l2", "l1"] = "ce"
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise InputError(f"expected loss l2, l1 or ce in forge, got {self.loss!r}")
        if self.steps < 1 or not self.step_size > 0:
            raise InputError(f"expected steps >= 1 and step_size > 0, got {self.steps} and {self.step_size}")
        if not 0 <= self.confidence < 1:
            raise InputError(f"expected confidence in [0, 1), got {self.confidence}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps + 1

    def run(self, search: Search) -> None:
        search.goal = sure_of_target(self.confidence)
        x, loss = search.threat.project(search.x, search.x), objective(LOSSES[self.loss])
        # The same change of a pixel on average, whichever norm measures it.
        size = self.step_size * (search.x[0].numel() ** 0.5 if search.threat.name() == "l2" else 1)
        for _ in range(self.steps):
            _, gradient = search.gradient(x, loss)
            x = search.threat.step(search.x, x, gradient, size)
        search.logits(x)


def sure_of_target(confidence: float) -> Objective:
    """Return a goal that is positive where the target is the answer and has at least that probability."""

    def goal(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
        assert targets is not None
        sure = logits.double().softmax(1).gather(1, targets[:, None])[:, 0]
        # Above 0 only beyond both marks; the smaller of the two says how far away success is.
        return margin(logits, labels, targets).double().minimum(sure - confidence)

    return goal
