"""Each pixel replaced by the median of its neighborhood."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.guards._transform import Transform
from sparring.types import Images


@dataclass(frozen=True)
class Median(Transform):
    """Show the classifier an image without its outliers: what a few repainted pixels are.

    t(x)_ij = median of the (2r + 1)² values around x_ij, channel by channel, the border mirrored.

    Fields: `radius` r of the window, in pixels, ≥ 1.

    Shapes: (n, c, h, w) → (n, k), h and w > r. It has a slope: that of the pixel which is the median.
    Cost: 1 pass of the net.
    Source: Xu, Evans and Qi 2018, arXiv 1704.01155, section III.B (local smoothing).
    **Differs**: windows of odd size alone, so that the median is one of the values.

    >>> import torch
    >>> x = torch.zeros(1, 1, 5, 5)
    >>> x[0, 0, 2, 2] = 1.0
    >>> Median().layer()(x).any().item()
    False
    """

    cites = ("xu2018squeezing",)
    claimed = "Xu et al. 2018: removes changes of few pixels, most of all those of the L0 attack of Carlini and Wagner"
    fallacy = "it has an ordinary gradient: an attack that knows of it paints several neighbors alike"

    radius: int = 1

    def __post_init__(self) -> None:
        if self.radius < 1:
            raise InputError(f"expected radius of median >= 1, got {self.radius}")

    def layer(self) -> nn.Module:
        """Return the filter."""
        return MedianFilter(self.radius)


class MedianFilter(nn.Module):
    """The median over a square window."""

    def __init__(self, radius: int) -> None:
        super().__init__()
        self.radius = radius

    def forward(self, x: Images) -> Images:
        """Return filtered images of the same shape."""
        if x.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for median, got shape {tuple(x.shape)}")
        size = 2 * self.radius + 1
        windows = F.pad(x, [self.radius] * 4, mode="reflect").unfold(2, size, 1).unfold(3, size, 1)
        return windows.flatten(4).median(4).values
