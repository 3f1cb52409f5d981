"""Logits without a graph, as a deployed model gives them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sparring.models._broken import Broken, Wrapped
from sparring.types import Images, Logits


@dataclass(frozen=True)
class NoGrad(Broken):
    """A net that runs under `torch.no_grad`: exact logits, no gradient.

    Fields:
        of: the net inside.

    Shapes: those of the net inside.
    Source: Chen, Zhang, Sharma, Yi and Hsieh 2017, arXiv 1708.03999, who need no more than such scores.
    Differs: nothing.

    >>> from sparring.registry import parse
    >>> parse("no-grad").build((1, 8, 8), 3)(torch.rand(1, 1, 8, 8, requires_grad=True)).requires_grad
    False
    """

    cites = ("chen2017",)
    claimed = "that a model which gives no gradient is robust: an exported or served one"
    fallacy = "differences of scores are a gradient: finite differences and random search need nothing else"

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net with its graph cut off."""
        return Ungraded(net)


class Ungraded(Wrapped):
    """A classifier that never keeps a graph."""

    def forward(self, x: Images) -> Logits:
        """Return the logits of the net."""
        with torch.no_grad():
            return super().forward(x)
