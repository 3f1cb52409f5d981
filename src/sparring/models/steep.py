"""Logits times ten thousand: cross-entropy in float32 is exactly zero, and so is its gradient."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Logits


@dataclass(frozen=True)
class Steep(Broken):
    """A net whose logits are multiplied: the same answers, and a softmax that is 1 to the last digit (T4).

    z ← scale · z.

    Fields:
        of: the net inside.
        scale: > 0.

    Shapes: those of the net inside.
    Source: Carlini and Wagner 2016, arXiv 1607.04311, who explain defensive distillation by the scale of its logits.
    Differs: the scale alone, without the distillation.

    >>> import torch
    >>> from sparring.registry import parse
    >>> net, x = parse("steep").build((1, 8, 8), 3), torch.ones(1, 1, 8, 8)
    >>> torch.equal(net(x), 1e4 * net.net(x))
    True
    """

    cites = ("carlini2016",)
    claimed = "as for distilled: a loss with vanishing gradients was taken for a smooth one (Papernot et al. 2016)"
    fallacy = "only float32 vanishes: divide the logits again, or climb their margin, and every gradient is back"

    scale: float = 1e4

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise InputError(f"expected scale of steep > 0, got {self.scale}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net before the multiplication."""
        return Wrapped(net, after=Times(self.scale))


class Times(nn.Module):
    """Multiply by a constant."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, z: Logits) -> Logits:
        """Return scale · z."""
        return z * self.scale
