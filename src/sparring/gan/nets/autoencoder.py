"""An autoencoder as discriminator, and its decoder once more as generator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan.nets.base import (
    Discriminator,
    Generator,
    Judgement,
    Nets,
    check_sizes,
    halvings,
    image_shape,
    inputs,
)  # fmt: skip
from sparring.gan.nets.dcgan import Crop, Grid
from sparring.types import Images


@dataclass(frozen=True)
class Autoencoder(Nets):
    """Convolutions with ELU and no normalization; the score is minus the mean absolute error of the image rebuilt.

    Fields:
        latent: ≥ 1, length of the generator's code and of the discriminator's.
        width: ≥ 1, channels; the encoder's grow by as many at each halving.

    Shapes: (n, latent) → (n, c, h, w); (n, c, h, w) → (n,), any h and w.

    Source: Berthelot, Schumm and Metz 2017, arXiv 1703.10717, section 3.5 and figure 1. **Differs**: one convolution a
    size and not two; images in [0, 1] by tanh; codes are normal, not uniform.

    >>> import torch
    >>> bool((Autoencoder(width=8).discriminator((1, 25, 25))(torch.rand(2, 1, 25, 25)) <= 0).all())
    True
    """

    cites = ("berthelot2017",)
    autoencodes: ClassVar[bool] = True
    channels_last: ClassVar[bool] = True
    latent: int = 64
    width: int = 32

    def __post_init__(self) -> None:
        check_sizes(self, latent=self.latent, width=self.width)

    def generator(self, shape: tuple[int, ...], classes: int = 0) -> Generator:
        """Return a decoder."""
        return Generator(self._decoder(shape, inputs(self.latent, classes)), shape, self.latent, classes)

    def discriminator(self, shape: tuple[int, ...], classes: int = 0) -> Discriminator:
        """Return an encoder and a decoder."""
        c, h, w = image_shape(self, shape)
        layers: list[nn.Module] = [nn.Conv2d(c, self.width, 3, padding=1), nn.ELU()]
        for time in range(halvings(h, w)):
            before, after = (time + 1) * self.width, (time + 2) * self.width
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ELU()]
            h, w = (h + 1) // 2, (w + 1) // 2
        wide = math.prod((halvings(*shape[1:]) + 1, self.width, h, w))
        encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(wide, self.latent))
        return Rebuilding(encoder, self._decoder(shape, self.latent), shape, self.latent, classes)

    def _decoder(self, shape: tuple[int, ...], given: int) -> nn.Module:
        c, h, w = image_shape(self, shape)
        times = halvings(h, w)
        layers: list[nn.Module] = [Grid(given, self.width, (-(-h // 2**times), -(-w // 2**times)))]
        for _ in range(times):
            layers += [nn.Conv2d(self.width, self.width, 3, padding=1), nn.ELU(), nn.Upsample(scale_factor=2)]
        layers += [nn.Conv2d(self.width, self.width, 3, padding=1), nn.ELU()]
        return nn.Sequential(*layers, nn.Conv2d(self.width, c, 3, padding=1), Crop(h, w))


class Rebuilding(Discriminator):
    """A discriminator whose features are a code, and whose score is minus the error of what is rebuilt from it."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, shape: tuple[int, ...], latent: int, classes: int
    ) -> None:
        super().__init__(encoder, shape, latent, classes)
        del self.score  # the image itself is the judge
        self.decoder = decoder

    def judge(self, x: Images) -> Judgement:
        """Return minus the mean absolute error, class logits and the code in one pass."""
        code = self.features(x)
        rebuilt: Tensor = (self.decoder(code).tanh() + 1) / 2
        scores = -(rebuilt - x).flatten(1).abs().mean(1)
        return Judgement(scores, None if self.classify is None else self.classify(code), code)

    def mix(self, mixer: nn.Module, added: int) -> None:
        """Refuse: there is no head that could see more."""
        raise InputError(
            "expected a discriminator with a head for features of a batch, got an autoencoder: leave the trick out"
        )
