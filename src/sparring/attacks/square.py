"""Square attack: a random search over squares of pixels, from logits alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from sparring.attacks._brushes import Bumps, Corners
from sparring.attacks._objectives import objective
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks._windows import draws, share
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.victims.base import Access


@dataclass(frozen=True)
class Square(Attack):
    """Change a random square of the best image so far, and keep the change if the loss has risen.

    Linf: vertical stripes of x ± ε at first, then squares of x ± ε, one sign a channel. L2 and L1: tiles at first; then
    the change in one window becomes what it was plus a bump beside its negative, paid for by another window, which
    is emptied, and by what is left of ε. A square holds a share p of the pixels, halved at 0.1, 0.5, 2, 5, 10, 20, 40,
    60 and 80 % of the queries.

    Fields: `queries` ≥ 1 images looked at a restart; `p_init` p at first, in (0, 1]; `restarts` ≥ 1 independent starts;
    `loss`, None for the margin, or the cross-entropy of a target; ce, margin or dlr for that one.

    Cost: restarts · queries forwards, no backward.

    Source: Andriushchenko et al. 2020, arXiv 1912.00049, Alg. 1 to 3; L1: Croce and Hein 2021, arXiv 2103.01208,
    sec. 4. **Differs**: every sample has a place and signs of its own; windows reach the last row and column too; in
    images without height a window is a stretch of pixels; a square of corners that are there already takes the other
    signs, so no query is lost; in L2 and L1 a change is scaled to use the whole of ε inside the box, where the paper
    clips in L2 and projects in L1.

    >>> import sparring
    >>> sparring.show(Square(queries=1000))
    'square(queries=1000)'
    """

    norms = ("linf", "l2", "l1")
    needs: ClassVar[Access] = "scores"
    cites = ("andriushchenko2020", "croce2021l1")
    queries: int = 5000
    p_init: float = 0.8
    restarts: int = 1
    loss: str | None = None

    def __post_init__(self) -> None:
        if self.loss is not None:
            objective(self.loss)
        if self.queries < 1 or self.restarts < 1:
            raise InputError(f"expected queries >= 1 and restarts >= 1, got {self.queries} and {self.restarts}")
        if not 0 < self.p_init <= 1:
            raise InputError(f"expected p_init between 0 and 1, got {self.p_init}")

    def passes(self, classes: int) -> int:
        return self.restarts * self.queries

    def run(self, search: Search) -> None:
        radius(self, search.threat)
        loss = objective(self.loss or ("margin" if search.targets is None else "ce"))
        brush = Corners(search) if search.threat.name() == "linf" else Bumps(search)
        for _ in range(self.restarts):
            best = brush.start()
            top = loss(search.logits(best), search.labels, search.targets)
            for query, chance in enumerate(draws(search.streams, self.queries - 1, brush.chances), start=1):
                going = search.active.clone()
                rows = going.nonzero()[:, 0]
                if not len(rows):
                    return
                z = best.clone()
                brush.paint(z, rows, chance[rows], share(self.p_init, query, self.queries))
                value = loss(search.logits(z), search.labels, search.targets)
                better = going & (value > top)
                top = torch.where(better, value, top)
                best[better] = z[better]
