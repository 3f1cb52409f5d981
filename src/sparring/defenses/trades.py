"""TRADES: be right on the image, and say the same all around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn import functional as F

from sparring.defenses._round import Objective, Round, Start
from sparring.defenses.adversarial import against
from sparring.defenses.base import Defense, check_steps
from sparring.errors import InputError
from sparring.types import Images, Logits, Scores


@dataclass(frozen=True)
class Trades(Defense):
    """Train on L(x, y) + β · KL(p(x) ‖ p(x')), x' in the threat where the divergence is largest.

    Fields:
        beta: β > 0 (1/λ in the paper): the price of robustness in accuracy.
        steps: of the attacker, ≥ 1; the paper's are 10, not carried.
        step_size: in the unit of the norm, > 0; None for 2.5 ε / steps, at most ε / 2, or ε with `carry`.
        start: noise: 0.001 of it away from the image, or uniform in the threat.
        carry: begin where the last epoch's attacker ended, as in `adversarial`: one or two steps are then enough.
        fixed: hold p(x) constant for the net, too, as virtual adversarial training does: x' is drawn to what is said of
            x, and not the other way round, which costs less accuracy.
        after: the share of the training before it sets in, in [0, 1); until then the net learns L(x', y) alone, which
            costs half as much and is the quicker way to a net that is worth to be the same all around.

    Cost: 1 forward, steps forwards and backwards on the mirror, then 1 forward and 1 backward of twice the batch.

    Source: Zhang et al. 2019, arXiv 1901.08573, eq. 3 and algorithm 1. **Differs**: any norm. As in the paper's code,
    p(x) is held constant for the attacker, which begins 0.001 of noise away from x, where the gradient is not zero
    (T8), and the net learns from both sides of the divergence unless `fixed`. Both images go through the net together,
    so that batch norms see them as they will be seen afterwards; what is carried, and learning adversarially at first,
    are ours.

    >>> from sparring.registry import parse
    >>> parse("trades").passes, parse("trades(steps=10)").passes, parse("trades(after=0.5)").passes
    (9.0, 25.0, 7.5)
    """

    cites = ("zhang2019",)
    claimed = "Zhang et al. 2019: 84.9 % clean and 56.6 % under PGD-20 on CIFAR-10 at 0.031"
    broken = "it holds: AutoAttack leaves 53.1 %"

    beta: float = 6.0
    steps: int = 2
    step_size: float | None = None
    start: Literal["noise", "uniform"] = "noise"
    carry: bool = True
    fixed: bool = False
    after: float = 0.0

    def __post_init__(self) -> None:
        check_steps(self, self.steps, self.step_size)
        if not self.beta > 0:
            raise InputError(f"expected beta of trades > 0, got {self.beta}")
        if not 0 <= self.after < 1:
            raise InputError(f"expected after of trades in [0, 1), got {self.after}")

    @property
    def carries(self) -> bool:
        """Whether the attacker goes on where it ended."""
        return self.carry

    @property
    def passes(self) -> float:
        """One look, the attacker's, and those of the two sides; before it sets in, the attacker's and the net's own."""
        return 2 * self.steps + 2 * self.after + 5 * (1 - self.after)

    def loss(self, play: Round) -> Scores:
        """Return L(x, y) + β KL(p(x) ‖ p(x'))."""
        size = self.step_size or min(2.5 / self.steps, 1.0 if self.carry else 0.5) * play.threat.radius
        begin: Start | Images = play.carried(self.start) if self.carry else self.start
        early = play.batch.share < self.after
        objective: Objective = against(play.y) if early else departing(play.look(play.x))
        away = play.attacked(objective, steps=self.steps, step_size=size, start=begin)
        if self.carry:
            play.carry(away)
        if early:
            return F.cross_entropy(play.net(away), play.y, reduction="none")
        clean, moved = play.both(away)
        anchor = clean.detach() if self.fixed else clean
        return F.cross_entropy(clean, play.y, reduction="none") + self.beta * divergence(anchor, moved)


def divergence(clean: Logits, moved: Logits) -> Scores:
    """Return KL(p ‖ q) (n,) of the softmax of two rows of logits."""
    p, q = clean.log_softmax(1), moved.log_softmax(1)
    return (p.exp() * (p - q)).sum(1)


class departing:
    """The divergence from a fixed answer, as something to climb."""

    def __init__(self, logits: Logits) -> None:
        self.logits = logits.detach()

    def __call__(self, logits: Logits, rows: Tensor) -> Scores:
        """Return KL (m,) of some rows of the batch."""
        return divergence(self.logits[rows], logits)
