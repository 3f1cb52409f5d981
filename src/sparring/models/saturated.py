"""Squashed margins: the last nonlinearity is so far out that float32 knows no slope there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Logits


@dataclass(frozen=True)
class Saturated(Broken):
    """A net that answers with saturated margins: any loss of its logits has gradient exactly zero (T4).

    z_i ← tanh(sharpness · (z_i − max_{j≠i} z_j)), whose slope is 0 in float32 once the argument exceeds 9.

    Fields:
        of: the net inside.
        sharpness: > 0; at 10 a margin of 0.9 between the first two classes is enough.

    Shapes: those of the net inside; the class is the same.
    Source: Nayebi and Ganguli 2017, arXiv 1703.09202; broken by Brendel and Bethge 2017, arXiv 1704.01547.
    Differs: the paper drives every layer into saturation by training; here the last one is, by construction.

    >>> from sparring.registry import parse
    >>> parse("saturated").wrap(torch.nn.Identity())(torch.tensor([[5.0, 2.0, 1.0]])).tolist()
    [[1.0, -1.0, -1.0]]
    """

    cites = ("nayebi2017", "brendel2017comment")
    claimed = (
        "Nayebi and Ganguli 2017: saturated networks resist gradient attacks on MNIST without adversarial training"
    )
    fallacy = "the gradient drowned in the rounding, the class boundary did not move: stabilize the numbers, or query"

    sharpness: float = 10.0

    def __post_init__(self) -> None:
        if not self.sharpness > 0:
            raise InputError(f"expected sharpness of saturated > 0, got {self.sharpness}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net before the squashing."""
        return Wrapped(net, after=Squash(self.sharpness))


class Squash(nn.Module):
    """Every class's margin over the best other, through tanh."""

    def __init__(self, sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness

    def forward(self, z: Logits) -> Logits:
        """Return values in [−1, 1], positive for the class alone."""
        itself = torch.eye(z.shape[1], dtype=torch.bool, device=z.device)
        others = z[:, None].masked_fill(itself, -math.inf).amax(2)
        return torch.tanh(self.sharpness * (z - others))
