"""Fully connected networks for points: a generator of ReLU under batch norm against a discriminator of maxout."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan.nets.base import Discriminator, Generator, Nets, Scaled, check_sizes, inputs

SPREAD = 0.02
"""The standard deviation of all weights at first."""


@dataclass(frozen=True)
class Maxout(Nets):
    """Two multilayer perceptrons: ReLU and batch norm in the generator; each unit opposite the largest of linear maps.

    h_j(x) = max over i ≤ p of w_ij·x + b_ij: a convex, piecewise linear function of what comes in, whose pieces are
    learned. All weights begin as N(0, 0.02²), biases at 0. The discriminator has no normalization.

    Fields:
        latent: ≥ 1, length of a code.
        hidden: units of each hidden layer of the generator, each ≥ 1, from the code on.
        judges: units of each hidden layer of the discriminator, each ≥ 1, from the sample on.
        pieces: p ≥ 1, linear maps a unit; 1 for a discriminator that is linear.
        scale: > 0: nets see, and make, samples in [−scale, scale], which is the box in the data's own units.

    Shapes: (n, latent) → (n, *shape), n ≥ 2 in training; (n, *shape) → (n,).

    Source: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086, section 4.1, and the authors' code; maxout: Goodfellow et
    al. 2013, arXiv 1302.4389. **Differs**: s tanh(x / s), s the scale, and not x at the generator's end, as samples lie
    in a box; the statistics by which samples are made follow a batch by a tenth, theirs by a twentieth.

    >>> import torch
    >>> nets = Maxout(hidden=(32, 32), judges=(16,))
    >>> nets.discriminator((2,))(nets.generator((2,))(torch.randn(5, nets.latent))).shape
    torch.Size([5])
    """

    cites = ("lin2018", "goodfellow2013")
    latent: int = 2
    hidden: tuple[int, ...] = (400, 400, 400, 400)
    judges: tuple[int, ...] = (200, 200, 200)
    pieces: int = 5
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, pieces=self.pieces)
        for name, widths in (("hidden", self.hidden), ("judges", self.judges)):
            for width in widths or (0,):
                check_sizes(self, **{name: width})
        if not 0 < self.scale < math.inf:
            raise InputError(f"expected scale of maxout > 0, got {self.scale}")

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a perceptron from codes to samples."""
        widths = (inputs(self.latent, classes), *self.hidden)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            linear = _drawn(nn.Linear(before, after, bias=False))  # batch norm brings a bias of its own
            layers += [linear, nn.BatchNorm1d(after, eps=1e-5, momentum=0.1), nn.ReLU()]
        last = _drawn(nn.Linear(widths[-1], math.prod(shape)))
        return Generator(nn.Sequential(*layers, last, Scaled(1 / self.scale)), shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return layers of maxout from samples to features, with their heads."""
        layers: list[nn.Module] = [nn.Flatten(), Scaled(self.scale)]
        for before, after in itertools.pairwise((math.prod(shape), *self.judges)):
            layers += [_drawn(nn.Linear(before, self.pieces * after)), Largest(self.pieces)]
        found = Discriminator(nn.Sequential(*layers), shape, self.judges[-1], classes)
        for head in found.heads:
            _drawn(head)
        return found


class Largest(nn.Module):
    """Numbers (n, p k) → (n, k): of those at the same place in each of p parts of a row, the largest.

    >>> import torch
    >>> Largest(2)(torch.tensor([[1.0, 5.0, 3.0, 4.0]])).tolist()
    [[3.0, 5.0]]
    """

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Return the largest."""
        return x.view(len(x), self.pieces, x.shape[1] // self.pieces).amax(1)


def _drawn(linear: nn.Linear) -> nn.Linear:
    nn.init.normal_(linear.weight, std=SPREAD)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
    return linear
