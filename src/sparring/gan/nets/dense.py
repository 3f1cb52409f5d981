"""Fully connected networks, for points in the plane as well as small pictures."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from torch import nn

from sparring.gan.nets.base import Discriminator, Generator, Nets, check_sizes, inputs


@dataclass(frozen=True)
class Dense(Nets):
    """Two multilayer perceptrons with leaky ReLU and no normalization, for samples of any shape.

    Fields:
        latent: ≥ 1, length of a code.
        hidden: units of each hidden layer, each ≥ 1, in both networks; the generator's in reverse.

    Shapes: (n, latent) → (n, *shape); (n, *shape) → (n,).

    Source: Goodfellow et al. 2014, arXiv 1406.2661, section 5. **Differs**: leaky ReLU in both, where the paper has
    maxout with dropout in the discriminator; He's initialization.

    >>> import torch
    >>> nets = Dense(hidden=(32,))
    >>> nets.discriminator((2,))(nets.generator((2,))(torch.zeros(5, nets.latent))).shape
    torch.Size([5])
    """

    cites = ("goodfellow2014",)
    latent: int = 32
    hidden: tuple[int, ...] = (256, 256)

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent)
        for width in self.hidden:
            check_sizes(self, hidden=width)
        if not self.hidden:
            check_sizes(self, hidden=0)

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a perceptron from codes to samples."""
        widths = (inputs(self.latent, classes), *reversed(self.hidden))
        body = nn.Sequential(*_layers(widths), nn.Linear(widths[-1], math.prod(shape)))
        return Generator(body, shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return a perceptron from samples to features, with its heads."""
        body = nn.Sequential(nn.Flatten(), *_layers((math.prod(shape), *self.hidden)))
        return Discriminator(body, shape, self.hidden[-1], classes)


def _layers(widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        linear = nn.Linear(before, after)
        nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity="leaky_relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.LeakyReLU(0.2)]
    return layers
