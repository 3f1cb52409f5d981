"""Adversarial weight perturbation: be robust at the worst weights nearby, not only at your own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sparring.core.frozen import quiet_norms
from sparring.defenses._round import Round
from sparring.defenses.base import Defense
from sparring.defenses.trades import Trades
from sparring.errors import InputError
from sparring.types import Images, Logits, Scores

INSIDE: Defense = Trades()
"""The defense that is trained at the worst weights nearby, when none is named."""


@dataclass(frozen=True)
class Awp(Defense):
    """Train another defense's loss at w + v, v the step of its own ascent: ‖v_l‖ = γ ‖w_l‖ in every layer.

    v_l = γ ‖w_l‖ ∇_l L / ‖∇_l L‖, one step, held constant; the weights move by ∇ L(w + v).

    Fields:
        of: the defense inside.
        gamma: γ > 0.
        after: the share of the training before it sets in, in [0, 1).

    Cost: that of the defense inside, and once more its passes on the net itself.

    Source: Wu, Xia and Wang 2020, arXiv 2004.05884, algorithm 1. **Differs**: v is added inside the loss, where the
    paper's code adds it to the weights and takes it back after the step; layers with fewer than two axes have no v, as
    there.

    >>> from sparring.registry import parse
    >>> parse("awp(of=adversarial(steps=3))").of.steps
    3
    """

    cites = ("wu2020awp",)
    claimed = "Wu et al. 2020: 56.2 % under AutoAttack on CIFAR-10 at 8/255 with TRADES, 3 points more than without"
    broken = "it holds"

    of: Defense = INSIDE
    gamma: float = 0.005
    after: float = 0.0

    def __post_init__(self) -> None:
        if not self.gamma > 0:
            raise InputError(f"expected gamma of awp > 0, got {self.gamma}")
        if not 0 <= self.after < 1:
            raise InputError(f"expected after of awp in [0, 1), got {self.after}")
        if isinstance(self.of, Awp) or self.of.replays > 1:
            raise InputError(f"expected a defense with a loss of its own inside awp, got {self.of}")

    @property
    def carries(self) -> bool:
        """Whether the defense inside does."""
        return self.of.carries

    @property
    def passes(self) -> float:
        """Those of the defense inside, and the ascent of the weights."""
        return self.of.passes + 2

    def loss(self, play: Round) -> Scores:
        """Return the inner loss at w + v; the attacked images are those made at w."""
        if play.batch.share < self.after:
            return self.of.loss(play)
        net = play.net
        assert isinstance(net, nn.Module)  # a round begins with the net itself
        with quiet_norms(net):
            total = self.of.loss(play).mean()
        weights = {name: p for name, p in net.named_parameters() if p.requires_grad and p.ndim > 1}
        slopes = torch.autograd.grad(total, list(weights.values()), allow_unused=True)
        moved = {
            name: weight + self.gamma * weight.detach().norm() * slope / (slope.norm() + 1e-12)
            for (name, weight), slope in zip(weights.items(), slopes, strict=True)
            if slope is not None
        }
        return self.of.loss(play.again(Moved(net, moved)))


class Moved:
    """A net with some of its weights replaced; gradients go to the weights that the replacements are made of."""

    def __init__(self, net: nn.Module, weights: dict[str, Tensor]) -> None:
        self.net, self.weights = net, weights

    def modules(self) -> Iterator[nn.Module]:
        """Yield the net's modules, for whoever quiets its norms."""
        return self.net.modules()

    def __call__(self, x: Images) -> Logits:
        """Return the logits at the other weights."""
        logits: Logits = functional_call(self.net, self.weights, (x,))
        return logits
