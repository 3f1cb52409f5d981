"""Adversarial training: learn from the worst images that an attacker can make of every batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn import functional as F

from sparring.defenses._round import Round, Start
from sparring.defenses.base import Defense, check_steps
from sparring.errors import InputError
from sparring.types import Labels, Logits, Scores


@dataclass(frozen=True)
class Adversarial(Defense):
    """Train on (L(x, y) + λ L(x', y)) / (1 + λ), x' from projected steepest ascent on L inside the threat.

    Fields:
        steps: ≥ 1; with 1 it is adversarial training on one step.
        step_size: in the unit of the norm, > 0; None for 2.5 ε / steps, or 1.25 ε for one step; with `carry` at most
            ε.
        lam: λ ≥ 0; inf, the default, leaves L(x', y) alone.
        start: uniform in the threat, or none: at the image.
        carry: begin where the last epoch's attacker ended, so that steps add up over epochs and one or two of them do
            what five do from a random start; for data that come as they are, every epoch the same.
        labels: true, or predicted: the attacker then leaves the net's own answer. With true labels and one step, x'
            can tell the net its label (T7).

    Cost: steps forwards and backwards on the mirror, then 1 forward and 1 backward (2 of each with a finite λ).

    Source: Madry et al. 2018, arXiv 1706.06083, eq. 2.1; with λ, Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572,
    section 6; with `carry`, Zheng et al. 2020, arXiv 1912.11969. **Differs**: any norm; the attacker climbs the net in
    eval mode, so that making x' changes no statistics; what is carried is kept in 255 levels, and nothing resets it.

    >>> from sparring.registry import parse
    >>> parse("adversarial(steps=1, lam=1)").lam
    1.0
    """

    cites = ("madry2018", "goodfellow2015", "zheng2020")
    claimed = "Madry et al. 2018: 87 % clean and 46 % under PGD on CIFAR-10 at 8/255"
    broken = "it holds: AutoAttack leaves 44 %"

    steps: int = 7
    step_size: float | None = None
    lam: float = math.inf
    start: Start = "uniform"
    carry: bool = False
    labels: Literal["true", "predicted"] = "true"

    def __post_init__(self) -> None:
        check_steps(self, self.steps, self.step_size)
        if not self.lam >= 0:
            raise InputError(f"expected lam of adversarial >= 0, got {self.lam}")

    @property
    def carries(self) -> bool:
        """Whether the attacker goes on where it ended."""
        return self.carry

    @property
    def passes(self) -> float:
        """The attacker's, and the net's own."""
        return 2 * self.steps + (2 if math.isinf(self.lam) else 4)

    def loss(self, play: Round) -> Scores:
        """Return L(x', y), or its mean with L(x, y)."""
        labels = play.answers() if self.labels == "predicted" else play.y
        size = self.step_size or (min(2.5 / self.steps, 1.0) * play.threat.radius if self.carry else None)
        begin = play.carried(self.start) if self.carry else self.start
        adversarial = play.attacked(against(labels), steps=self.steps, step_size=size, start=begin)
        if self.carry:
            play.carry(adversarial)
        if math.isinf(self.lam):
            return F.cross_entropy(play.net(adversarial), play.y, reduction="none")
        clean, hard = (F.cross_entropy(z, play.y, reduction="none") for z in play.both(adversarial))
        return (clean + self.lam * hard) / (1 + self.lam)


class against:
    """The cross-entropy of labels, as something to climb."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels

    def __call__(self, logits: Logits, rows: Tensor) -> Scores:
        """Return L (m,) of some rows of the batch."""
        return F.cross_entropy(logits, self.labels[rows], reduction="none")
