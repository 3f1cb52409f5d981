"""A small convolutional net: trained in seconds, attacked in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.models.base import Trainable, image_shape, positive


@dataclass(frozen=True)
class Cnn(Trainable):
    """Three convolutions and a linear layer, without BatchNorm or dropout, for digits and the like.

    Fields:
        width: channels of the first convolution, ≥ 1; the others have 2 and 4 times as many.

    Shapes: (n, c, h, w), any h and w → (n, k).
    Source: standard.
    Differs: nothing.

    >>> sum(p.numel() for p in Cnn().build((1, 28, 28), 10).parameters())
    33546
    """

    width: int = 16

    def __post_init__(self) -> None:
        positive(self, width=self.width)

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return convolutions that halve the image twice, then a 4 × 4 grid of features to a linear layer."""
        channels, _, _ = image_shape(self, input_shape)
        w = self.width
        return nn.Sequential(
            *(nn.Conv2d(channels, w, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(w, 2 * w, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(2 * w, 4 * w, 3, stride=2, padding=1), nn.ReLU()),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(16 * 4 * w, classes),
        )
