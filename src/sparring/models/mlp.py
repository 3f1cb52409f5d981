"""Fully connected layers, for features as well as pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from sparring.models.base import Trainable, positive


@dataclass(frozen=True)
class Mlp(Trainable):
    """A multilayer perceptron with ReLU, for inputs of any shape.

    Fields:
        hidden: units of each hidden layer, each ≥ 1; none makes it linear.

    Shapes: any input (n, *chw) → (n, k).
    Source: standard.
    Differs: nothing.

    >>> sum(p.numel() for p in Mlp(hidden=(32,)).build((64,), 10).parameters())
    2410
    """

    hidden: tuple[int, ...] = (256, 128)

    def __post_init__(self) -> None:
        for width in self.hidden:
            positive(self, hidden=width)

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return flatten, hidden layers with ReLU between, and the last linear layer."""
        widths = (math.prod(input_shape), *self.hidden, classes)
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*layers[:-1])
