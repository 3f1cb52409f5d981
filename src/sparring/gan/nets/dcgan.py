"""Strided convolutions by the published guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, nn

from sparring.gan.nets.base import Discriminator, Generator, Nets, check_sizes, halvings, image_shape, inputs

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Dcgan(Nets):
    """Convolutions that halve and double, batch norm between them, ReLU in the generator, leaky ReLU opposite.

    No pooling and no hidden fully connected layer; no batch norm where images leave the generator or enter the
    discriminator; tanh at the end; weights from N(0, 0.02²).

    Fields:
        latent: ≥ 1, length of a code.
        width: ≥ 1, channels at full size; twice as many at each halving.
        norm: whether the discriminator has batch norm, as in the paper; with a penalty on slopes it must not (G14).
        width_discriminator: ≥ 1, the discriminator's channels at half the size, where its first layer leads; None for
            `width`.

    Shapes: (n, latent) → (n, c, h, w); (n, c, h, w) → (n,), any h and w.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 3 and figure 1. **Differs**: the grid that the
    generator begins with is as large as the image asks for, about 4 on its shorter side, and what is beyond the image
    is cut off; codes are normal, not uniform.

    >>> import torch
    >>> Dcgan(width=8).generator((3, 37, 50))(torch.zeros(2, 100)).shape
    torch.Size([2, 3, 37, 50])
    """

    cites = ("radford2016",)
    latent: int = 100
    width: int = 64
    norm: bool = True
    width_discriminator: int | None = None

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, width=self.width)
        if self.width_discriminator is not None:
            check_sizes(self, width_discriminator=self.width_discriminator)

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a grid of features made from the code, doubled until it covers the image."""
        c, h, w = image_shape(self, shape)
        times = halvings(h, w)
        wide, grid = self.width * 2 ** max(0, times - 1), (-(-h // 2**times), -(-w // 2**times))
        layers: list[nn.Module] = [Grid(inputs(self.latent, classes), wide, grid), batch_norm(wide), nn.ReLU()]
        for time in range(times):
            last = time == times - 1
            after = c if last else wide // 2
            layers.append(nn.ConvTranspose2d(wide, after, 4, stride=2, padding=1, bias=last))
            layers += [] if last else [batch_norm(after), nn.ReLU()]
            wide = after
        if not times:
            layers.append(nn.Conv2d(wide, c, 3, padding=1))
        body = nn.Sequential(*layers, Crop(h, w))
        return _drawn(Generator(body, shape, self.latent, classes))

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return strided convolutions down to a small grid, all of which the heads see."""
        c, h, w = image_shape(self, shape)
        layers: list[nn.Module] = []
        before, after = c, self.width if self.width_discriminator is None else self.width_discriminator
        for time in range(max(1, halvings(h, w))):
            step = 2 if halvings(h, w) else 1
            normed = self.norm and time > 0
            layers.append(nn.Conv2d(before, after, 2 + step, stride=step, padding=1, bias=not normed))
            layers += [*([batch_norm(after)] if normed else []), nn.LeakyReLU(0.2)]
            h, w, before, after = h // step, w // step, after, 2 * after
        body = nn.Sequential(*layers, nn.Flatten())
        return _drawn(Discriminator(body, shape, before * h * w, classes))


class Grid(nn.Module):
    """Codes (n, latent) → features (n, channels, *grid), by one linear layer."""

    def __init__(self, latent: int, channels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.linear = nn.Linear(latent, channels * grid[0] * grid[1])
        self.shape = (channels, *grid)

    def forward(self, z: Tensor) -> Tensor:
        """Return the grid."""
        grid: Tensor = self.linear(z).view(-1, *self.shape)
        return grid


class Crop(nn.Module):
    """The middle h × w of larger images."""

    def __init__(self, h: int, w: int) -> None:
        super().__init__()
        self.h, self.w = h, w

    def forward(self, x: Tensor) -> Tensor:
        """Return the middle."""
        top, left = (x.shape[2] - self.h) // 2, (x.shape[3] - self.w) // 2
        return x[:, :, top : top + self.h, left : left + self.w]


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm, its two numbers by name, since the first by position is ε and not the momentum (G22)."""
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1)


def _drawn(net: M) -> M:
    """Draw weights from N(0, 0.02²), gains from N(1, 0.02²)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return net
