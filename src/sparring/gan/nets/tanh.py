"""Fully connected networks of tanh for points, begun orthogonal."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.gan.nets.base import Discriminator, Generator, Nets, Scaled, check_sizes, inputs


@dataclass(frozen=True)
class Tanh(Nets):
    """Two multilayer perceptrons of tanh without normalization; every weight matrix begins as an orthogonal one.

    W Wᵀ = gain² I where a layer is not wider than what comes in, Wᵀ W = gain² I where it is; biases at 0.

    Fields:
        latent: ≥ 1, length of a code.
        hidden: units of each hidden layer, each ≥ 1, in both networks; the generator's in reverse.
        gain: > 0, how long the rows of a matrix are at first.
        scale: > 0: nets see, and make, samples in [−scale, scale], which is the box in the data's own units.

    Shapes: (n, latent) → (n, *shape); (n, *shape) → (n,).

    Source: Metz, Poole, Pfau and Sohl-Dickstein 2017, arXiv 1611.02163, and the authors' notebook; orthogonal starts:
    Saxe, McClelland and Ganguli 2014, arXiv 1312.6120. **Differs**: s tanh(x / s), s the scale, and not x at the
    generator's end, as samples lie in a box.

    >>> import torch
    >>> nets = Tanh(hidden=(32,))
    >>> nets.discriminator((2,))(nets.generator((2,))(torch.zeros(5, nets.latent))).shape
    torch.Size([5])
    """

    cites = ("metz2017", "saxe2014")
    latent: int = 256
    hidden: tuple[int, ...] = (128, 128)
    gain: float = 1.4
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent)
        for width in self.hidden or (0,):
            check_sizes(self, hidden=width)
        if not (0 < self.gain < math.inf and 0 < self.scale < math.inf):
            raise InputError(f"expected gain and scale of tanh > 0, got {self.gain} and {self.scale}")

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a perceptron from codes to samples."""
        widths = (inputs(self.latent, classes), *reversed(self.hidden))
        last = self._drawn(nn.Linear(widths[-1], math.prod(shape)))
        body = nn.Sequential(*self._layers(widths), last, Scaled(1 / self.scale))
        return Generator(body, shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return a perceptron from samples to features, with its heads."""
        layers = self._layers((math.prod(shape), *self.hidden))
        found = Discriminator(
            nn.Sequential(nn.Flatten(), Scaled(self.scale), *layers), shape, self.hidden[-1], classes
        )  # fmt: skip
        for head in found.heads:
            self._drawn(head)
        return found

    def _layers(self, widths: tuple[int, ...]) -> list[nn.Module]:
        pairs = itertools.pairwise(widths)
        return [layer for pair in pairs for layer in (self._drawn(nn.Linear(*pair)), nn.Tanh())]

    def _drawn(self, linear: nn.Linear) -> nn.Linear:
        nn.init.orthogonal_(linear.weight, self.gain)
        nn.init.zeros_(linear.bias)
        return linear
