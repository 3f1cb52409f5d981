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

    t(x)_ij = median of the `size` × `size` values around x_ij, channel by channel, the border mirrored.

    Fields: `size` of the window, odd, ≥ 3.

    Shapes: (n, c, h, w) → (n, k), h and w > size / 2. It has a slope: that of the pixel which is the median.
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

    size: int = 3

    def __post_init__(self) -> None:
        if self.size < 3 or self.size % 2 == 0:
            raise InputError(f"expected an odd size of median >= 3, got {self.size}")

    def layer(self) -> nn.Module:
        """Return the filter."""
        return MedianFilter(self.size)


class MedianFilter(nn.Module):
    """The median over a square window."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Images) -> Images:
        """Return filtered images of the same shape."""
        if x.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for median, got shape {tuple(x.shape)}")
        padded = F.pad(x, [self.size // 2] * 4, mode="reflect")
        windows = padded.unfold(2, self.size, 1).unfold(3, self.size, 1)
        return windows.flatten(4).median(4).values
