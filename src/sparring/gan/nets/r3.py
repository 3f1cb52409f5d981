"""Plain residual networks without normalization, begun so that every block is the identity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan.nets.base import Discriminator, Generator, Nets, check_sizes, halvings, image_shape, inputs
from sparring.gan.nets.dcgan import Grid

GAIN = math.sqrt(2 / (1 + 0.2**2))
"""What keeps the second moment through a leaky ReLU of slope 0.2."""


@dataclass(frozen=True)
class R3(Nets):
    """Two 3 × 3 convolutions a block, with a leaky ReLU between them, added to where they came from.

    Bilinear resampling between sizes; linear layers where codes become a grid and where a grid becomes features. The
    last convolution of a block begins at zero, the first scaled down by the number of blocks, so that a net of any
    depth begins as a linear one, but for features of codes and of the last grid and for what is at full size.

    Fields:
        latent: ≥ 1, length of a code.
        width: ≥ 1, channels at full size; twice as many at each halving, `most` at most.
        most: ≥ 1.
        blocks: ≥ 1, at each size.
        full: whether there are blocks at full size too, where most of the time would go; if not, a 3 × 3 convolution
            is all there is, with leaky ReLU on its inner side.
        head: ≥ 0, how many features the discriminator makes of all of its last grid, with leaky ReLU, for its score to
            be linear in; 0 for what the source has, one number a channel, by a learned basis.
        mapping: ≥ 0, how many features the generator makes of a code, with leaky ReLU, for its first grid to be linear
            in; 0 for what the source has, a grid linear in the code.

    Shapes: (n, latent) → (n, c, h, w); (n, c, h, w) → (n,), any h and w.

    Source: Huang, Gokaslan, Kuleshov and Tompkin 2024, arXiv 2501.05441, section 3 and appendix; the start: Zhang,
    Dauphin and Ma 2019, arXiv 1901.09321. **Differs**: two full convolutions in a block, as in the second source, where
    the first has a grouped one between two of 1 × 1, which a processor is slow at; any linear map from codes to the
    grid, and from the grid to features that go through a leaky ReLU, where theirs weighs a basis channel by channel,
    which with few channels leaves much out; features of a code between it and the grid; as small as a processor without
    accelerator asks for: 32 channels at half the size, one block a size and none at full size, the paper's 768 and two
    everywhere; tanh at the end, so that images lie in [0, 1]; bilinear resampling to sizes that need not be powers of
    two, without a filter.

    >>> import torch
    >>> R3().generator((3, 37, 50))(torch.zeros(2, 64)).shape
    torch.Size([2, 3, 37, 50])
    """

    cites = ("huang2024", "zhang2019fixup")
    channels_last: ClassVar[bool] = True
    latent: int = 64
    width: int = 16
    most: int = 256
    blocks: int = 1
    full: bool = False
    head: int = 256
    mapping: int = 256

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, width=self.width, most=self.most, blocks=self.blocks)
        for name in ("head", "mapping"):
            if getattr(self, name) < 0:
                raise InputError(f"expected {name} of r3 >= 0, got {getattr(self, name)}")

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return what makes a grid of codes, and blocks at each size, resampled from one to the next."""
        c, h, w = image_shape(self, shape)
        sizes, widths, counts = self._plan(h, w)
        code = inputs(self.latent, classes)
        grid = Grid(self.mapping or code, widths[-1], sizes[-1])
        _drawn(grid.linear, GAIN if self.mapping else 1.0)
        layers: list[nn.Module] = [_drawn(nn.Linear(code, self.mapping)), nn.LeakyReLU(0.2)] if self.mapping else []
        layers.append(grid)
        for step in reversed(range(len(sizes))):
            layers += [_Block(widths[step], sum(counts)) for _ in range(counts[step])]
            if step:
                layers.append(_Resampled(sizes[step - 1], widths[step], widths[step - 1]))
        end = (
            (_drawn(nn.Conv2d(widths[0], c, 1)),)
            if counts[0]
            else (nn.LeakyReLU(0.2), _drawn(nn.Conv2d(widths[0], c, 3, padding=1), GAIN))
        )
        return Generator(nn.Sequential(*layers, *end), shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return the same from image to grid, and what makes features of it."""
        c, h, w = image_shape(self, shape)
        sizes, widths, counts = self._plan(h, w)
        layers: list[nn.Module] = (
            [_drawn(nn.Conv2d(c, widths[0], 1))]
            if counts[0]
            else [_drawn(nn.Conv2d(c, widths[0], 3, padding=1), GAIN), nn.LeakyReLU(0.2)]
        )
        for step in range(len(sizes)):
            layers += [_Block(widths[step], sum(counts)) for _ in range(counts[step])]
            if step + 1 < len(sizes):
                layers.append(_Resampled(sizes[step + 1], widths[step], widths[step + 1]))
        last, features = widths[-1], self.head or widths[-1]
        layers += (
            [nn.Flatten(), _drawn(nn.Linear(last * math.prod(sizes[-1]), features), GAIN), nn.LeakyReLU(0.2)]
            if self.head
            else [_drawn(nn.Conv2d(last, last, sizes[-1], groups=last, bias=False))]
        )
        found = Discriminator(nn.Sequential(*layers), shape, features, classes)
        for head in found.heads:
            _drawn(head)
        return found

    def _plan(self, h: int, w: int) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        """Return sizes, widths and how many blocks, from the image down."""
        steps = range(halvings(h, w) + 1)
        sizes = [(-(-h // 2**step), -(-w // 2**step)) for step in steps]
        widths = [min(self.width * 2**step, self.most) for step in steps]
        counts = [self.blocks if step or self.full or len(steps) == 1 else 0 for step in steps]
        return sizes, widths, counts


class _Block(nn.Module):
    """x + W₂ a(W₁ x), W₂ = 0 at first and W₁ scaled by L^(−1/2) in a net of L blocks."""

    def __init__(self, width: int, total: int) -> None:
        super().__init__()
        self.enter = _drawn(nn.Conv2d(width, width, 3, padding=1), GAIN * total**-0.5)
        self.leave = _drawn(nn.Conv2d(width, width, 3, padding=1, bias=False), 0.0)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        result: Tensor = x + self.leave(F.leaky_relu(self.enter(x), 0.2))
        return result


class _Resampled(nn.Module):
    """Another size by bilinear interpolation, another number of channels by a 1 × 1 convolution, the cheaper first."""

    def __init__(self, size: tuple[int, int], before: int, after: int) -> None:
        super().__init__()
        self.size, self.shrinks = size, after >= before
        self.convolution = _drawn(nn.Conv2d(before, after, 1, bias=False)) if before != after else nn.Identity()

    def _resize(self, x: Tensor) -> Tensor:
        if (2 * self.size[0], 2 * self.size[1]) == tuple(x.shape[2:]):
            return F.avg_pool2d(x, 2)  # the same numbers as bilinear interpolation, at a fraction of the time
        return F.interpolate(x, self.size, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the new size."""
        if self.shrinks:
            return cast(Tensor, self.convolution(self._resize(x)))
        return self._resize(self.convolution(x))


def _drawn(layer: nn.Linear | nn.Conv2d, gain: float = 1.0) -> nn.Module:
    """Draw weights from N(0, gain² / fan-in), biases 0."""
    with torch.no_grad():
        layer.weight.normal_(0.0, 1.0).mul_(gain / math.sqrt(layer.weight[0].numel()))
        if layer.bias is not None:
            layer.bias.zero_()
    return layer
