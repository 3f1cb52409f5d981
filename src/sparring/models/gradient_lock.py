"""A term without a value but with a gradient: whoever follows the slope walks the wrong way."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Logits


@dataclass(frozen=True)
class GradientLock(Broken):
    """A net whose loss shows a false slope: what it says is exact, what its gradient says is not.

    z ← z − strength · (z − c), c = z held constant: the value is z, the slope (1 − strength) · ∂z/∂x.

    Fields:
        of: the net inside.
        strength: > 0; at 1 the gradient is locked to zero, above it points away from every attack's goal.

    Shapes: those of the net inside.
    Source: Wang, Li, Wen, Nepal and Xiang 2020, arXiv 1803.05123 (collaborative multi-task training).
    Differs: the paper trains a second output on paired labels, whose gradient contradicts the first one's, and
    rejects images on which the two outputs disagree. Only the contradiction of gradients is here, without a second
    output, without training and without a detector: what an attacker meets who follows one loss.

    >>> import torch
    >>> from sparring.registry import parse
    >>> x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    >>> z = parse("gradient-lock").wrap(torch.nn.Identity())(x)
    >>> z[0, 0].backward()
    >>> z.tolist(), x.grad.tolist()
    ([[1.0, 2.0]], [[-1.0, 0.0]])
    """

    cites = ("wang2020cmt",)
    claimed = "Wang et al. 2020: outputs with contradicting gradients keep an attacker from finding valid examples"
    fallacy = "the logits still tell the truth: queries beat the gradient, and so does its opposite"

    strength: float = 2.0

    def __post_init__(self) -> None:
        if not self.strength > 0:
            raise InputError(f"expected strength of gradient-lock > 0, got {self.strength}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net before the lock."""
        return Wrapped(net, after=Lock(self.strength))


class Lock(nn.Module):
    """Keep the value, change the slope."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, z: Logits) -> Logits:
        """Return z, with its gradient times 1 − strength."""
        return z - self.strength * (z - z.detach())
