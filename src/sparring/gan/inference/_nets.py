"""Nets of inference for any family: from images to codes, and a discriminator of images beside codes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan.nets import Discriminator, Judgement
from sparring.types import Images

WIDEST = 3.0
"""Log deviations of a code lie between minus this and this: no code is so sure that its density has no bound."""


class Encoder(nn.Module):
    """Images (n, *shape) in [0, 1] → codes (n, latent): the body of the family's discriminator, and a linear head.

    `mean` is the code, or the mean of a normal distribution of codes where `gaussian`: μ(x) + σ(x) ε.
    """

    def __init__(self, judge: Discriminator, latent: int, *, gaussian: bool = False) -> None:
        super().__init__()
        self.body, self.latent, self.gaussian = judge.body, latent, gaussian
        self.head = nn.Linear(judge.width, 2 * latent if gaussian else latent)

    def forward(self, x: Images, noise: Tensor | None = None) -> Tensor:
        """Return codes: the mean, or with noise (n, latent) a draw, which has a gradient."""
        mean, deviation = self.moments(x)
        return mean if noise is None else mean + deviation * noise

    def moments(self, x: Images) -> tuple[Tensor, Tensor]:
        """Return means and standard deviations (n, latent) of the codes of images; 0 where there is one code each."""
        found: Tensor = self.head(self.body(2 * x - 1).flatten(1))
        if not self.gaussian:
            return found, torch.zeros_like(found)
        mean, log = found.chunk(2, 1)
        return mean, (WIDEST * (log / WIDEST).tanh()).exp()


class JointDiscriminator(Discriminator):
    """Images beside codes, one row each (n, pixels + latent), → scores (n,), higher for more real.

    f(x) and an embedding of z, side by side, go through one hidden layer to the heads. Rows are tensors like others, so
    penalties look at the slope in image and code together. `features` are those of images, as before.
    """

    def __init__(self, base: Discriminator, latent: int, width: int) -> None:
        super().__init__(base.body, base.shape, width, base.classes)
        self.pixels, self.latent = math.prod(base.shape), latent
        self.embed = nn.Sequential(nn.Linear(latent, width), nn.LeakyReLU(0.2))
        self.meet = nn.Sequential(nn.Linear(base.width + width, width), nn.LeakyReLU(0.2))

    @property
    def given(self) -> tuple[int, ...]:
        """The length of a row."""
        return (self.pixels + self.latent,)

    def judge(self, x: Tensor) -> Judgement:
        """Return scores, class logits, and features of the images of rows (n, pixels + latent)."""
        images, codes = apart(x, self.shape)
        if codes.shape[1] != self.latent:
            raise InputError(f"expected rows of {self.pixels} pixels and {self.latent} codes, got {tuple(x.shape)}")
        features = self.features(images)
        mixed = self.mixers(self.meet(torch.cat([features, self.embed(codes)], 1)))
        return Judgement(self.score(mixed)[:, 0], None if self.classify is None else self.classify(mixed), features)


def beside(images: Images, codes: Tensor) -> Tensor:
    """Return images (n, *shape) and their codes (n, latent) as rows (n, pixels + latent).

    >>> beside(torch.zeros(2, 1, 2, 2), torch.ones(2, 3)).shape
    torch.Size([2, 7])
    """
    return torch.cat([images.flatten(1), codes.to(images.dtype)], 1)


def apart(rows: Tensor, shape: tuple[int, ...]) -> tuple[Images, Tensor]:
    """Return images (n, *shape) and codes (n, latent) of rows; `beside` is the inverse."""
    pixels = math.prod(shape)
    return rows[:, :pixels].reshape(-1, *shape), rows[:, pixels:]
