"""A critic held in bounds by a box around its weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sparring.gan.tricks.base import Trick, check_positive


@dataclass(frozen=True)
class WeightClipping(Trick):
    """Put every weight of the discriminator back into [−c, c] after each of its steps.

    Fields: `bound`: c > 0.

    Cost: none worth telling.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, algorithm 1. **Differs**: nothing.

    >>> net = nn.Linear(2, 200)
    >>> WeightClipping(bound=0.25).after_step("discriminator", net)
    >>> net.weight.abs().max().item()
    0.25
    """

    cites = ("arjovsky2017",)
    bound: float = 0.01

    def __post_init__(self) -> None:
        check_positive(self, bound=self.bound)

    @torch.no_grad()
    def after_step(self, player: str, module: nn.Module) -> None:
        """Clip the discriminator."""
        if player == "discriminator":
            for parameter in module.parameters():
                parameter.clamp_(-self.bound, self.bound)
