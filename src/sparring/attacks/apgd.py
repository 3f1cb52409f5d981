"""Auto-PGD: projected gradient ascent that needs no step size."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.attacks._apgd import climb, random_start
from sparring.attacks._objectives import objective
from sparring.attacks._schedule import radius
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class APGD(Attack):
    """Iterate x_{k+1} = Π(x_k + α (z − x_k) + (1 − α)(x_k − x_{k−1})), z = Π(x_k + η · steepest(∇L)), α = 0.75.

    η starts at 2 ε; at checkpoints p_j · steps each sample that no longer rises halves it and returns to its best
    point. In L1: no momentum, η from ε down to ε / 10, and a number of coordinates moved at a time that follows the
    sparsity of the best point. A wide climb spends 30 % of the steps in a ball of 3 ε, the next 30 % in 2 ε.

    Fields: `steps` ≥ 1 gradients a start; `restarts` ≥ 1 random starts; `loss`, ce, margin or dlr (towards the target
    when there is one); `rho` ρ in (0, 1], the share of rising steps that keeps η; `wide`, None for L1 alone, where the
    paper has it. In L2 it left 12 of 60 images of a net hardened in Linf standing, the narrow climb 26.

    Cost: restarts · (steps + 1 forwards, steps backwards).

    Source: Croce and Hein 2020, arXiv 2003.01690, Alg. 1; L1: Croce and Hein 2021, arXiv 2103.01208, Alg. 1.
    **Differs**: every projection is exact on ball ∩ box; the gradient at the start is one of `steps`; L1 moves no
    coordinate that has no room, and looks last at the best point of its tangent.

    >>> import sparring
    >>> sparring.show(APGD(steps=20, loss="dlr"))
    "apgd(steps=20, loss='dlr')"
    """

    norms = ("linf", "l2", "l1")
    cites = ("croce2020", "croce2021l1")
    steps: int = 100
    restarts: int = 1
    loss: str = "ce"
    rho: float = 0.75
    wide: bool | None = None

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1 or self.restarts < 1:
            raise InputError(f"expected steps >= 1 and restarts >= 1, got {self.steps} and {self.restarts}")
        if not 0 < self.rho <= 1:
            raise InputError(f"expected rho between 0 and 1, got {self.rho}")

    def passes(self, classes: int) -> int:
        return self.restarts * (2 * self.steps + 1)

    def run(self, search: Search) -> None:
        radius(self, search.threat)
        for _ in range(self.restarts):
            start = random_start(search)
            climb(search, start, objective(self.loss), self.steps, self.rho, wide=self.wide)
