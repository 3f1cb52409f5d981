"""A discriminator that sees how much the images of a batch vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.tricks.base import Trick


@dataclass(frozen=True)
class MinibatchStddev(Trick):
    """Append one number to the features of every image: their standard deviation over the batch, mean over features.

    Shapes: (n, d) → (n, d + 1). Images of a batch are of one origin; each process looks at its own.

    Cost: none worth telling.

    Source: Karras et al. 2018, arXiv 1710.10196, section 3. **Differs**: it is put before the heads and not before the
    last convolution; nothing is learned in either.

    >>> Deviation()(torch.tensor([[0.0, 0.0], [2.0, 0.0]])).tolist()[0][2]
    0.5
    """

    cites = ("karras2018",)
    apart: ClassVar[bool] = True

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Put it before the heads."""
        discriminator.mix(Deviation(), 1)


class Deviation(nn.Module):
    """Features (n, d) → (n, d + 1)."""

    def forward(self, features: Tensor) -> Tensor:
        """Return the features with their mean deviation behind them; where all are alike its slope is 0, not NaN."""
        variance = features.var(0, correction=0)
        deviation = torch.where(variance > 0, variance.clamp_min(1e-12).sqrt(), 0.0 * variance).mean()
        return torch.cat([features, deviation.expand(len(features), 1)], 1)
