"""Virtual adversarial training: the guess must not change nearby, and for that no label is needed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.core.frozen import quiet_norms
from sparring.defenses._round import Round
from sparring.defenses.base import Defense
from sparring.defenses.trades import divergence
from sparring.errors import InputError
from sparring.types import Images, Logits, Scores


@dataclass(frozen=True)
class Vat(Defense):
    """Train on L(x, y) + α · LDS over labelled and unlabelled images, LDS(x) = KL(p(x) ‖ p(x + r)).

    r = ε g / ‖g‖₂, g = ∇_r KL(p(x) ‖ p(x + ξ d)), d a random direction of length 1, improved by power iteration.

    Fields:
        eps: ε > 0, in the L2 norm; the threat of the run is not used.
        alpha: α > 0.
        xi: ξ > 0, the length of the probe, relative to the box [0, 1].
        power: iterations, ≥ 1.
        entropy: weight ≥ 0 of the mean entropy of the guesses on unlabelled images (EntMin); 0 leaves it out.

    Cost: with m unlabelled images a batch of n: 1 forward and 1 backward on n, and on n + m (power + 2) forwards and
    (power + 1) backwards.

    Source: Miyato, Maeda, Koyama and Ishii 2019, arXiv 1704.03976, eq. 5 to 8. **Differs**: p(x) is held constant, and
    running statistics are updated by the pass on clean images alone, both as in the authors' code; ξ is 1e-2, as the
    divergence of float32 logits at 1e-6 is rounding.

    >>> from sparring.registry import parse
    >>> parse("vat(eps=1.5)").power
    1
    """

    cites = ("miyato2019",)
    claimed = "Miyato et al. 2019: 1.36 % error on MNIST from 100 labels"
    broken = "it holds for what it is for, learning from images without labels; robustness is not claimed"

    eps: float = 1.0
    alpha: float = 1.0
    xi: float = 1e-2
    power: int = 1
    entropy: float = 0.0

    def __post_init__(self) -> None:
        if not (self.eps > 0 and self.alpha > 0 and self.xi > 0 and self.entropy >= 0):
            raise InputError(f"expected eps, alpha and xi of vat > 0 and entropy >= 0, got {self}")
        if self.power < 1:
            raise InputError(f"expected power of vat >= 1, got {self.power}")

    @property
    def passes(self) -> float:
        """A sample's own, without those of unlabelled images."""
        return 2 + 2 * self.power + 3

    def loss(self, play: Round) -> Scores:
        """Return L(x, y), with the mean LDS over all images added to each sample's."""
        extra = play.batch.extra
        every = play.x if extra is None else torch.cat([play.x, extra])
        guesses = play.net(every)
        smooth = self._lds(play, every, guesses.detach()).mean()
        play.figures["lds"] = smooth
        loss = F.cross_entropy(guesses[: len(play.x)], play.y, reduction="none") + self.alpha * smooth
        if self.entropy:
            log_p = guesses.log_softmax(1)
            loss = loss - self.entropy * (log_p.exp() * log_p).sum(1).mean()
        return loss

    def _lds(self, play: Round, x: Images, guesses: Logits) -> Scores:
        with quiet_norms(play.net):
            d = play.normal_like(x)
            for _ in range(self.power):
                probe = (self.xi * _unit(d)).requires_grad_(True)
                (d,) = torch.autograd.grad(divergence(guesses, play.net(x + probe)).sum(), probe)
            return divergence(guesses, play.net(x + self.eps * _unit(d.detach())))


def _unit(d: Tensor) -> Tensor:
    """Return every row at length 1; a row of zeros stays (T11)."""
    length = d.flatten(1).norm(dim=1).clamp_min(1e-12)
    unit: Tensor = d / length.view(-1, *[1] * (d.ndim - 1))
    return unit
