"""Fully connected networks for points, whose discriminator sees fine detail from the start."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan.nets.base import Discriminator, Generator, Nets, Scaled, check_sizes, inputs
from sparring.gan.nets.dense import _layers

REACH, SHARE, MOST_SIGNS = 16.0, 0.1, 12
"""Of `Cells`: what an entry of the table counts and what the net does, and how many signs there may be."""


class Sine(nn.Module):
    """sin x, number by number."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the sine."""
        return x.sin()


class Cells(nn.Module):
    """A point for each cell of codes, by the signs of their first numbers, plus a little of what a net makes of them.

    Points are a linear layer without bias that is given REACH where the code's cell is, and zeros: that is how many
    learning rates a step of Adam moves a point.
    """

    def __init__(self, signs: int, table: nn.Linear, net: nn.Module) -> None:
        super().__init__()
        self.signs, self.table, self.net = signs, table, net

    def forward(self, z: Tensor) -> Tensor:
        """Return samples (n, d) of codes (n, latent); the net is given the signs and the numbers behind them."""
        bits = z[:, : self.signs] > 0
        cell = (bits * 2 ** torch.arange(self.signs, device=z.device)).sum(1)
        place = self.table(REACH * nn.functional.one_hot(cell, 2**self.signs).to(z.dtype))
        result: Tensor = place + SHARE * self.net(torch.cat([2 * bits.to(z.dtype) - 1, z[:, self.signs :]], 1))
        return result


@dataclass(frozen=True)
class Waves(Nets):
    """Two multilayer perceptrons: a generator of tanh, and a discriminator whose first layer is sines of the sample.

    f_i(x) = sin(ω_i u_i·x + b_i), u_i a random direction, ω_i from π/2 to `finest` · π/2 in a geometric series, x in
    [−1, 1]. Directions and wavelengths are learned further. A perceptron of raw numbers learns coarse shapes first and
    needs long for modes that are a hundredth of the box wide; with such sines it tells them apart at once. A generator
    of tanh has the plateaus and steps that put all codes but few on separate modes; one of leaky ReLU has neither.

    A continuous map of normal codes must still draw bridges between modes, and the steeper its slopes the fewer samples
    lie on them. With `signs` = s it need not: s numbers of a code count by their sign, which cuts normal codes into 2^s
    cells of equal mass with nothing between. A table has a point for each cell, standard normal at first, and a tenth
    of the perceptron, then of leaky ReLU, is added to it. Cells move each for itself: where one net has to move them
    all, those on the way between far modes take the ones that had arrived with them.

    Samples of d > 2 numbers leave the generator's last layer times √(2 / d). Adam moves every weight as far in a step,
    which else would take a sample √d times as far in d dimensions, mostly by noise, that is, off the modes.

    Fields:
        latent: ≥ 1, length of a code.
        signs: how many numbers of a code, the first ones, count by their sign alone; in 0 … min(latent, 12).
        hidden: units of each hidden layer, each ≥ 1, in both networks; the generator's in reverse.
        sines: ≥ 1 sines.
        finest: ≥ 1, how many times shorter the shortest wavelength is than the longest, which is twice the box.

    Shapes: (n, latent) → (n, *shape); (n, *shape) → (n,).

    Source: Tancik et al. 2020, arXiv 2006.10739. **Differs**: a geometric series of frequencies and not a normal draw;
    one sine with a phase in place of a pair; they are trained with the rest. The generator's tanh: Metz et al. 2017,
    arXiv 1611.02163, appendix. What a continuous generator cannot do: Tanielian, Issenhuth, Dohmatob and Mary 2020,
    arXiv 2006.04596; codes of a mixture whose centers are learned: Gurumurthy, Sarvadevabhatla and Babu 2017, arXiv
    1706.02071. **Differs**: centers of samples and not of codes, by signs of one normal code; the scale is ours.

    >>> nets = Waves(hidden=(32,))
    >>> nets.discriminator((2,))(nets.generator((2,))(torch.zeros(5, nets.latent))).shape
    torch.Size([5])
    """

    cites = ("tancik2020", "metz2017", "tanielian2020", "gurumurthy2017")
    latent: int = 4
    signs: int = 0
    hidden: tuple[int, ...] = (128, 128)
    sines: int = 128
    finest: int = 64

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, sines=self.sines, finest=self.finest)
        for width in self.hidden or (0,):
            check_sizes(self, hidden=width)
        if not 0 <= self.signs <= (most := min(self.latent, MOST_SIGNS)):
            raise InputError(
                f"expected signs of waves in 0 ... {most}, the smaller of latent and {MOST_SIGNS}, got {self.signs}"
            )

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a perceptron from codes to samples."""
        widths = (inputs(self.latent, classes), *reversed(self.hidden))
        gain = nn.init.calculate_gain("leaky_relu", 0.2) if self.signs else nn.init.calculate_gain("tanh")
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            linear = nn.Linear(before, after)
            nn.init.normal_(linear.weight, std=gain / math.sqrt(before))
            nn.init.normal_(linear.bias, std=0.01 if layers else 0.5)
            layers += [linear, nn.LeakyReLU(0.2) if self.signs else nn.Tanh()]
        numbers = math.prod(shape)
        end = nn.Linear(widths[-1], numbers)
        body = nn.Sequential(*layers, end)
        if self.signs:
            table = nn.Linear(2**self.signs, numbers, bias=False)
            nn.init.normal_(table.weight, std=1 / REACH)
            nn.init.normal_(end.weight, std=1 / math.sqrt(widths[-1]))
            body = nn.Sequential(Cells(self.signs, table, body))
        if numbers > 2:
            body.append(Scaled(math.sqrt(2 / numbers)))
        return Generator(body, shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return a perceptron from sines of samples to features, with its heads."""
        first = nn.Linear(math.prod(shape), self.sines)
        with torch.no_grad():
            series = torch.logspace(0, math.log2(self.finest), self.sines, base=2) * math.pi / 2
            first.weight.copy_(series[:, None] * nn.functional.normalize(torch.randn_like(first.weight)))
            first.bias.uniform_(-math.pi, math.pi)
        body = nn.Sequential(nn.Flatten(), first, Sine(), *_layers((self.sines, *self.hidden)))
        return Discriminator(body, shape, self.hidden[-1], classes)
