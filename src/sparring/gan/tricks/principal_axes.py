"""A generator that writes its samples along the axes of the data, as wide as the data are along each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.nets.base import Scaled
from sparring.gan.nets.waves import Cells
from sparring.gan.tricks.base import Trick

EDGE = 0.999
"""How near to the ends of [−1, 1] a pixel is taken to be: those of tanh are at infinity."""
MOST = 4096
"""Numbers of a sample: all the axes of so many are 64 MiB."""


@dataclass(frozen=True)
class PrincipalAxes(Trick):
    """Read what the generator puts out as coordinates along the principal axes of the data, in standard deviations.

    Of a = artanh(2 x − 1) over real x, with mean m, axes V and deviations S, a sample is (1 + tanh(m + y S Vᵀ)) / 2
    where it was (1 + tanh y) / 2. Linear layers that write y begin at zero on all but the first `latent` axes.

    A step of the generator is then as long for the data's spread along every axis. Without it, in many dimensions that
    move together, such as modes along one diagonal, most of a step goes where there are no data, and modes are lost. A
    constant by which a net multiplies its last layer is left out: it is for samples that have no axes.

    Fields: `size`: real images that are looked at, ≥ 2.

    Raises: InputError for samples of more than 4,096 numbers.

    Cost: the eigenvectors of (numbers, numbers) when nets are built; for each batch of the generator, a product of
    (n, numbers) with (numbers, numbers), which stand in every average and checkpoint too.

    Source: the parametrization is ours; whitening as preconditioning: LeCun, Bottou, Orr and Müller 1998, "Efficient
    BackProp", section 4.3, of what a net is given. **Differs**: of what it puts out. Built without data, the axes are
    NaN until the weights are loaded.

    >>> from sparring.gan import recipe
    >>> gan = recipe("gan(nets=waves(latent=8, signs=6), tricks=(principal_axes(),))")
    >>> generator, _ = gan.build((2,), data=Dataset(torch.tensor([0.8, 0.3]) + 0.01 * torch.randn(500, 2)))
    >>> [round(x, 1) for x in generator.eval()(torch.randn(500, 8)).mean(0).tolist()]
    [0.8, 0.3]
    """

    cites = ("lecun1998",)
    size: int = 4000

    def __post_init__(self) -> None:
        if self.size < 2:
            raise InputError(f"expected size of principal_axes >= 2, got {self.size}")

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Put the axes behind the generator's body."""
        numbers, latent = math.prod(generator.shape), generator.latent
        if numbers > MOST:
            raise InputError(
                f"expected samples of at most {MOST} numbers for principal_axes, got {numbers}: leave the trick out"
            )
        body = _unscaled(generator.body)
        with torch.no_grad():
            for layer in _ends(body):
                layer.weight[latent:] = 0
                if layer.bias is not None:
                    layer.bias[latent:] = 0
        generator.body = nn.Sequential(body, Axes(*self._axes(data, numbers)))

    def _axes(self, data: Dataset | None, numbers: int) -> tuple[Tensor, Tensor]:
        """Return the mean (numbers,) and the axes (numbers, numbers), each as long as data are wide along it."""
        if data is None:
            return torch.full((numbers,), torch.nan), torch.full((numbers, numbers), torch.nan)
        real = data.images(data.subset(self.size, 0)).flatten(1).double()
        inner = (2 * real - 1).clamp(-EDGE, EDGE).atanh()
        mean = inner.mean(0)
        squares, axes = torch.linalg.eigh((inner - mean).T @ (inner - mean) / max(1, len(inner) - 1))
        whole = squares.clamp(min=0).sqrt().flip(0)[:, None] * axes.T.flip(0)
        return mean.float(), whole.float()


class Axes(nn.Module):
    """Coordinates (n, ...) along axes → points (n, d): mean + y A. Nothing in it is learned."""

    def __init__(self, mean: Tensor, axes: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("axes", axes)

    def forward(self, y: Tensor) -> Tensor:
        """Return the points, in single precision: rounded, the widest axis would leak into all others."""
        with torch.autocast(y.device.type, enabled=False):
            mean, axes = cast(Tensor, self.mean), cast(Tensor, self.axes)
            return torch.addmm(mean, y.flatten(1).to(axes.dtype), axes)


def _unscaled(body: nn.Module) -> nn.Module:
    """Return a body without the constant at its end."""
    if not isinstance(body, nn.Sequential):
        return body
    *before, last = body
    return nn.Sequential(*before) if isinstance(last, Scaled) else nn.Sequential(*before, _unscaled(last))


def _ends(body: nn.Module) -> list[nn.Linear]:
    """Return the linear layers whose sum a body puts out; none where it ends in another kind."""
    if isinstance(body, nn.Sequential):
        return _ends(body[-1])
    if isinstance(body, Cells):
        return [body.table, *_ends(body.net)]
    return [body] if isinstance(body, nn.Linear) else []
