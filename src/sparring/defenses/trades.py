"""TRADES: be right on the image, and say the same all around it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from sparring.defenses._round import Round, Start
from sparring.defenses.base import Defense, check_steps
from sparring.errors import InputError
from sparring.types import Images, Logits, Scores


@dataclass(frozen=True)
class Trades(Defense):
    """Train on L(x, y) + β · KL(p(x) ‖ p(x')), x' in the threat where the divergence is largest.

    Fields:
        beta: β > 0 (1/λ in the paper): the price of robustness in accuracy.
        steps: of the attacker, ≥ 1.
        step_size: in the unit of the norm, > 0; None for 2.5 ε / steps, at most ε / 2.
        carry: begin where the last epoch's attacker ended, as in `adversarial`: one or two steps are then enough.

    Cost: 1 forward, steps forwards and backwards on the mirror, then 2 forwards and 2 backwards.

    Source: Zhang et al. 2019, arXiv 1901.08573, eq. 3 and algorithm 1. **Differs**: any norm. As in the paper's code,
    p(x) is held constant for the attacker, which begins 0.001 of noise away from x, where the gradient is not zero
    (T8), and the net learns from both sides of the divergence.

    >>> from sparring.registry import parse
    >>> parse("trades(beta=1)").passes > parse("trades(beta=1, steps=5)").passes
    True
    """

    cites = ("zhang2019",)
    claimed = "Zhang et al. 2019: 84.9 % clean and 56.6 % under PGD-20 on CIFAR-10 at 0.031"
    broken = "it holds: AutoAttack leaves 53.1 %"

    beta: float = 6.0
    steps: int = 10
    step_size: float | None = None
    carry: bool = False

    def __post_init__(self) -> None:
        check_steps(self, self.steps, self.step_size)
        if not self.beta > 0:
            raise InputError(f"expected beta of trades > 0, got {self.beta}")

    @property
    def carries(self) -> bool:
        """Whether the attacker goes on where it ended."""
        return self.carry

    @property
    def passes(self) -> float:
        """One look, the attacker's, and those of the two sides."""
        return 1 + 2 * self.steps + 4

    def loss(self, play: Round) -> Scores:
        """Return L(x, y) + β KL(p(x) ‖ p(x'))."""
        size = self.step_size or min(2.5 / self.steps, 0.5) * play.threat.radius
        begin: Start | Images = play.carried("noise") if self.carry else "noise"
        away = play.attacked(departing(play.look(play.x)), steps=self.steps, step_size=size, start=begin)
        if self.carry:
            play.carry(away)
        clean, moved = play.net(play.x), play.net(away)
        return F.cross_entropy(clean, play.y, reduction="none") + self.beta * divergence(clean, moved)


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
