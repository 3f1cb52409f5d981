"""Targeted Auto-PGD against every likely class in turn: the second half of a standard evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from sparring.attacks._apgd import climb, random_start
from sparring.attacks._objectives import margin, objective
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class APGDT(Attack):
    """Run Auto-PGD toward each of the most likely wrong classes t in turn, until the label is lost to any class.

    L = targeted DLR, (z_t − z_y) / (z_(1) − (z_(3) + z_(4)) / 2); classes in the order of their logits at the
    original, largest first; one random start each. With `give_up` below 1 a climb of `scout` steps on the margin
    z_y − max_{j≠y} z_j comes first, and samples that keep more than this share of theirs are given up: time is better
    spent on the others.

    Fields: `steps` ≥ 1 gradients a target; `targets` ≥ 1 classes, at most all wrong ones (T2); `loss`, dlr, ce or
    margin; `rho`, `wide` as in apgd; `give_up` in (0, 1], 1 for never; `scout` ≥ 1.

    Cost: 1 forward + targets · (steps + 1 forwards, steps backwards), and that of `scout` steps where there is one.

    Source: Croce and Hein 2020, arXiv 2003.01690, sec. 4 and eq. 7. **Differs**: as apgd; with 2 or 3 classes the DLR
    loss uses the logits there are (T1); nothing is given up there (nor here, by default).

    >>> import sparring
    >>> sparring.parse("apgd_t").targets
    9
    """

    norms = ("linf", "l2", "l1")
    goals: ClassVar[Literal["any", "targeted", "untargeted"]] = "untargeted"
    cites = ("croce2020", "croce2021l1")
    steps: int = 100
    targets: int = 9
    loss: str = "dlr"
    rho: float = 0.75
    wide: bool | None = None
    give_up: float = 1.0
    scout: int = 10

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1 or self.targets < 1:
            raise InputError(f"expected steps >= 1 and targets >= 1, got {self.steps} and {self.targets}")
        if not 0 < self.rho <= 1:
            raise InputError(f"expected rho between 0 and 1, got {self.rho}")
        if not 0 < self.give_up <= 1 or self.scout < 1:
            raise InputError(f"expected give_up between 0 and 1 and scout >= 1, got {self.give_up} and {self.scout}")

    def passes(self, classes: int) -> int:
        scout = 2 * self.scout + 1 if self.give_up < 1 else 0
        return 1 + scout + min(self.targets, classes - 1) * (2 * self.steps + 1)

    def run(self, search: Search) -> None:
        radius(self, search.threat)
        logits = search.logits(search.x)
        lead = -margin(logits, search.labels, None)
        wrong = logits.scatter(1, search.labels[:, None], -torch.inf)
        likely = wrong.topk(min(self.targets, search.classes - 1), dim=1).indices
        if self.give_up < 1:
            climb(search, random_start(search), margin, self.scout, self.rho, wide=self.wide)
            search.drop(-search.margin > self.give_up * lead.double())
        for target in likely.unbind(1):
            start = random_start(search)
            climb(search, start, objective(self.loss), self.steps, self.rho, targets=target, wide=self.wide)
