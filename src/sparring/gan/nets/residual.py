"""A small residual pair: the generator with batch norm, the discriminator with none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from sparring.gan.nets.base import Discriminator, Generator, Nets, check_sizes, halvings, image_shape, inputs
from sparring.gan.nets.dcgan import Crop, Grid, batch_norm


@dataclass(frozen=True)
class Residual(Nets):
    """Residual blocks that double and halve, for losses whose discriminator has to have slopes of its own.

    Fields:
        latent: ≥ 1, length of a code.
        width: ≥ 1, channels of every block.

    Shapes: (n, latent) → (n, c, h, w); (n, c, h, w) → (n,), any h and w.

    Source: Gulrajani et al. 2017, arXiv 1704.00028, appendix F, as simplified by Miyato et al. 2018, arXiv 1802.05957,
    table 3. **Differs**: 32 channels and not 128 or 256; as many blocks as the image has halvings, one more in the
    discriminator.

    >>> import torch
    >>> Residual(width=8).generator((1, 25, 25))(torch.zeros(2, 128)).shape
    torch.Size([2, 1, 25, 25])
    """

    cites = ("gulrajani2017", "miyato2018")
    channels_last: ClassVar[bool] = True
    latent: int = 128
    width: int = 32

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, width=self.width)

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a grid of features made from the code, and a block for each doubling."""
        c, h, w = image_shape(self, shape)
        times = halvings(h, w)
        grid = (-(-h // 2**times), -(-w // 2**times))
        blocks = [_Up(self.width, double=True) for _ in range(times)] or [_Up(self.width, double=False)]
        end = (batch_norm(self.width), nn.ReLU(), nn.Conv2d(self.width, c, 3, padding=1), Crop(h, w))
        body = nn.Sequential(Grid(inputs(self.latent, classes), self.width, grid), *blocks, *end)
        return Generator(_drawn(body), shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return a block for each halving and one more, summed over the grid."""
        c, h, w = image_shape(self, shape)
        blocks = [_Down(c if not i else self.width, self.width, halve=True, first=not i) for i in range(halvings(h, w))]
        blocks.append(_Down(self.width if blocks else c, self.width, halve=False, first=not blocks))
        body = nn.Sequential(*blocks, nn.ReLU(), _Sum())
        return Discriminator(_drawn(body), shape, self.width, classes)


class _Up(nn.Module):
    """x + two 3 × 3 convolutions, each after batch norm and ReLU; the size doubled before the first."""

    def __init__(self, width: int, *, double: bool) -> None:
        super().__init__()
        self.scale = 2 if double else 1
        self.bn1, self.bn2 = batch_norm(width), batch_norm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def _resize(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0) if self.scale == 2 else x

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the larger grid."""
        out: Tensor = self.conv1(self._resize(F.relu(self.bn1(x))))
        out = self.conv2(F.relu(self.bn2(out)))
        return self._resize(x) + out


class _Down(nn.Module):
    """A shortcut + two 3 × 3 convolutions, each after ReLU; the size halved after the second."""

    def __init__(self, before: int, after: int, *, halve: bool, first: bool) -> None:
        super().__init__()
        self.halve, self.first = halve, first
        self.conv1 = nn.Conv2d(before, after, 3, padding=1)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)
        self.shortcut = nn.Conv2d(before, after, 1) if first else nn.Identity()

    def _resize(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2) if self.halve else x

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the smaller grid."""
        out: Tensor = self.conv1(x if self.first else F.relu(x))
        out = self._resize(self.conv2(F.relu(out)))
        result: Tensor = out + self.shortcut(self._resize(x))
        return result


class _Sum(nn.Module):
    """Features (n, c, h, w) → (n, c), added up over the grid."""

    def forward(self, x: Tensor) -> Tensor:
        """Return sums."""
        return x.sum((2, 3))


def _drawn(body: nn.Sequential) -> nn.Sequential:
    """Draw weights by Glorot and Bengio's rule, √2 larger where a ReLU follows, as the paper's code does."""
    for module in body.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight, 2**0.5 if getattr(module, "kernel_size", 0) == (3, 3) else 1.0)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return body
