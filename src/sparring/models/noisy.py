"""Gaussian noise on the input, drawn anew at every look."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Images


@dataclass(frozen=True)
class Noisy(Broken):
    """A net that sees its input plus Gaussian noise at test time: no two looks agree.

    x ← x + σ · n, n ~ N(0, I).

    Fields:
        of: the net inside.
        sigma: σ, in the unit of the pixels, > 0.

    Shapes: those of the net inside. Draws come from torch's global generator.
    Source: Liu, Cheng, Zhang and Hsieh 2018, arXiv 1712.00673; broken as every random defense by Athalye, Carlini and
    Wagner 2018, arXiv 1802.00420, section 4.2.
    Differs: noise on the input alone, at test time alone, one draw a look; the paper adds it before every
    convolution, in training as well, and takes a vote.

    >>> from sparring.registry import parse
    >>> net, x = parse("noisy").build((1, 8, 8), 3), torch.ones(1, 1, 8, 8)
    >>> bool((net(x) == net(x)).any())
    False
    """

    cites = ("liu2018rse", "athalye2018")
    claimed = "Liu et al. 2018: random noise layers keep 86 % on CIFAR-10 under an attack that leaves others 48 %"
    fallacy = "an average over draws has an ordinary gradient (EOT), and success has to be judged over draws as well"

    sigma: float = 0.04

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise InputError(f"expected sigma of noisy > 0, got {self.sigma}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net behind the noise."""
        return Wrapped(net, before=Noise(self.sigma))


class Noise(nn.Module):
    """Add Gaussian noise."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Images) -> Images:
        """Return other images at every call, of the same type."""
        return x + self.sigma * torch.randn_like(x)
