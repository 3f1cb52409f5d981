"""What a model is shown in place of an image, so that what fools it there fools others too; and smoothed slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.core.resample import shrunk
from sparring.types import Images, Mask

View: TypeAlias = Callable[[Images], Images]
"""Images → what is shown in their place, differentiable; rows are those of the pass being made."""


def darkened(x: Images, low: Tensor, halvings: int) -> Images:
    """Return images at 2^−halvings of their brightness, black being the lowest value of the box."""
    return low + (x - low) * 0.5**halvings


def diverse(x: Images, low: Tensor, draws: Tensor, chosen: Mask, smallest: float) -> Images:
    """Return the chosen images (n,) shrunk to a random size at a random place, on black; the others as they are."""
    return torch.where(chosen.view(-1, 1, 1, 1), low + shrunk(x - low, draws, smallest), x)


def blurred(gradient: Tensor, side: int) -> Tensor:
    """Return gradients (n, c, h, w) averaged over neighbors by a Gaussian of side 2k + 1 and deviation k / √3.

    That is the slope of the mean over all small shifts of the image, where the model itself cares little for shifts.
    """
    if side == 1:
        return gradient
    k = side // 2
    line = torch.exp(-1.5 * (torch.arange(-k, k + 1, dtype=torch.float64) / k) ** 2)
    kernel = torch.outer(line, line) / line.sum() ** 2
    channels = gradient.shape[1]
    weight = kernel.to(gradient.device, gradient.dtype).expand(channels, 1, side, side)
    return F.conv2d(gradient, weight, padding=k, groups=channels)
