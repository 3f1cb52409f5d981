"""Thermometer coding: each pixel becomes a row of zeros and ones, which no gradient passes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.models._broken import Broken, Wrapped
from sparring.models.base import positive
from sparring.types import Images


@dataclass(frozen=True)
class Thermometer(Broken):
    """A net that reads each pixel as a thermometer reads heat: all marks below its value are 1, those above 0.

    τ(x)_l = 1 where x > l / levels, l = 0, …, levels − 1; the marks of a channel stand beside each other.

    Fields:
        of: the net inside, built for c · levels channels. It has to be trained with the code in place.
        levels: marks a pixel, ≥ 1.

    Shapes: (n, c, …) → (n, k); the net inside takes (n, c · levels, …).
    Source: Buckman, Roy, Raffel and Goodfellow 2018, ICLR, section 3; broken by Athalye, Carlini and Wagner 2018,
    arXiv 1802.00420, section 5.
    Differs: trained on clean images, where the paper's best figures come with adversarial training too.

    >>> from sparring.registry import parse
    >>> parse("thermometer(levels=4)").wrap(torch.nn.Identity())(torch.tensor([[0.0, 0.6]])).tolist()
    [[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]]
    """

    cites = ("buckman2018", "athalye2018")
    claimed = "Buckman et al. 2018: accuracy under the strongest known white-box attack on CIFAR-10 from 50 % to 79 %"
    fallacy = "the code has no gradient, but it has an order: a smooth code in the backward pass finds the way (BPDA)"
    trained = True

    levels: int = 16

    def __post_init__(self) -> None:
        positive(self, levels=self.levels)

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the code before a fresh net with `levels` times the channels."""
        coded = (input_shape[0] * self.levels, *input_shape[1:])
        return self.wrap(self.of.layers(coded, classes))

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return a net that takes coded images, (n, c · levels, …), behind the code."""
        return Wrapped(net, before=Code(self.levels))


class Code(nn.Module):
    """The thermometer code of every channel."""

    marks: Tensor

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.register_buffer("marks", torch.arange(levels) / levels, persistent=False)

    def forward(self, x: Images) -> Images:
        """Return (n, c · levels, …) of zeros and ones."""
        marks = self.marks.view(-1, *(1,) * (x.ndim - 2))
        return (x.unsqueeze(2) > marks).to(x.dtype).flatten(1, 2)
