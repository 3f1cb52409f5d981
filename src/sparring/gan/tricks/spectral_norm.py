"""A discriminator held in bounds by the largest stretch of each of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.tricks.base import Trick, check_positive


@dataclass(frozen=True)
class SpectralNorm(Trick):
    """Divide every weight matrix of the discriminator by its largest singular value, W / σ(W).

    Fields:
        iterations: ≥ 1 steps of power iteration at each pass in training.
        generator: whether the generator's layers are divided too.

    Cost: two products of a matrix and a vector a layer and pass.

    Source: Miyato et al. 2018, arXiv 1802.05957, eq. 8 and algorithm 1; in the generator: Zhang et al. 2019,
    arXiv 1805.08318, section 4. **Differs**: torch's own implementation; a convolution is taken as the matrix of its
    kernel, as in the paper.

    >>> from sparring.gan.nets.dense import Dense
    >>> nets = Dense(hidden=(4,))
    >>> d = nets.discriminator((2,))
    >>> SpectralNorm().build(nets.generator((2,)), d, None)
    >>> round(d.eval().score.weight.norm().item(), 4)
    1.0
    """

    cites = ("miyato2018", "zhang2019sagan")
    last: ClassVar[bool] = True
    iterations: int = 1
    generator: bool = False

    def __post_init__(self) -> None:
        check_positive(self, iterations=self.iterations)

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Parametrize the layers; one that begins at zero has no largest singular value to divide by."""
        for net in (discriminator, generator) if self.generator else (discriminator,):
            for module in list(net.modules()):
                if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                    if not bool(module.weight.detach().any()):
                        raise InputError(
                            "expected layers that do not begin at zero for spectral_norm, got some: use nets such as "
                            "residual() or dcgan(norm=False), or leave the trick out"
                        )
                    spectral_norm(module, n_power_iterations=self.iterations)
