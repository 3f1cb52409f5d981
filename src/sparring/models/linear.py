"""One linear layer: the model on which every attack has an exact answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from sparring.models.base import Trainable


@dataclass(frozen=True)
class Linear(Trainable):
    """Multinomial logistic regression, for closed-form checks and the plainest baseline.

    logits = W·x + b, x flattened.

    Shapes: any input (n, *chw) → (n, k).
    Source: standard.
    Differs: nothing.

    >>> sum(p.numel() for p in Linear().build((1, 28, 28), 10).parameters())
    7850
    """

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return flatten and one linear layer."""
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(input_shape), classes))
