"""Probabilities where logits are expected: a cross-entropy of a cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.models._broken import Broken, Wrapped


@dataclass(frozen=True)
class SoftmaxOutputs(Broken):
    """A net that ends in softmax: an attack that takes the output for logits loses most of its gradient (T3).

    z ← softmax(z).

    Fields:
        of: the net inside.

    Shapes: those of the net inside; rows are ≥ 0 and sum to 1.
    Source: Carlini and Wagner 2017, arXiv 1608.04644, section 4, on attacks that work on the softmax's output.
    Differs: nothing.

    >>> import torch
    >>> from sparring.registry import parse
    >>> net = parse("softmax-outputs").build((1, 8, 8), 3)
    >>> [round(v, 5) for v in net(torch.ones(2, 1, 8, 8)).sum(1).tolist()]
    [1.0, 1.0]
    """

    cites = ("carlini2017",)
    claimed = "nobody's, on purpose: the most common mistake in handing a model to an attack"
    fallacy = "near 0 and 1 softmax is flat: take the logarithm of the output, and it is a set of logits again"

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net before softmax."""
        return Wrapped(net, after=nn.Softmax(1))
