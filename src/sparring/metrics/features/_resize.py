"""Images at the size a network wants, each convention under its own name: they differ by whole points of FID (G1)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.errors import InputError

Resize = Literal["bilinear", "bicubic", "tf1"]


def resized(images: Tensor, size: tuple[int, int], how: Resize) -> Tensor:
    """Return float images (n, c, h, w) at another size (height, width); equal sizes pass through untouched.

    `bilinear`, `bicubic`: centers of pixels correspond, antialiased where the image shrinks, cut to the range they had.
    `tf1`: corners of pixels correspond and nothing is antialiased, as TensorFlow 1 did: a picture moves by up to half a
    pixel. It is what published Inception figures were made with.

    >>> row = torch.tensor([[[[0.0, 1.0]]]])
    >>> [resized(row, (1, 4), how).flatten().tolist() for how in ("tf1", "bilinear")]
    [[0.0, 0.5, 1.0, 1.0], [0.0, 0.25, 0.75, 1.0]]
    """
    if images.ndim != 4:
        raise InputError(f"expected images (n, c, h, w) to resize, got shape {tuple(images.shape)}")
    if tuple(images.shape[2:]) == tuple(size):
        return images
    if how == "tf1":
        return _corners(_corners(images, size[0], 2), size[1], 3)
    if how not in ("bilinear", "bicubic"):
        raise InputError(f"expected resize as bilinear, bicubic or tf1, got {how!r}")
    lowest, highest = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return F.interpolate(images, size, mode=how, align_corners=False, antialias=True).clamp(lowest, highest)


def _corners(images: Tensor, size: int, axis: int) -> Tensor:
    """Resample one axis: output i reads at i · (old / new), between that pixel and the next, the last repeated."""
    old = images.shape[axis]
    # TensorFlow works out the scale, and the place of each pixel, in float32.
    places = torch.arange(size, dtype=torch.float32, device=images.device) * torch.tensor(
        old / size, dtype=torch.float32, device=images.device
    )
    low = places.long().clamp(max=old - 1)
    share = (places - low).to(images.dtype)
    share = share[:, None] if axis == 2 else share
    below, above = images.index_select(axis, low), images.index_select(axis, (low + 1).clamp(max=old - 1))
    return below + (above - below) * share


def named(how: str, shape: tuple[int, ...], size: tuple[int, int], channels: int) -> str:
    """Return what is done to images of a shape, in words for the fingerprint.

    >>> named("bilinear", (1, 28, 28), (224, 224), 3)
    'bilinear-antialias 28x28 to 224x224, gray as RGB'
    """
    old, new = ("x".join(map(str, each)) for each in (shape[-2:], size))
    words = {"bilinear": "bilinear-antialias", "bicubic": "bicubic-antialias", "tf1": "tf1-bilinear"}
    parts = [f"{words[how]} {old} to {new}"] if old != new else []
    if len(shape) == 3 and shape[0] != channels:
        parts.append("gray as RGB" if channels == 3 else "RGB as gray")
    return ", ".join(parts) or "none"


def colored(images: Tensor, channels: int) -> Tensor:
    """Return images with 1 or 3 channels: gray three times over, or the luma of ITU-R 601-2."""
    if images.shape[1] == channels:
        return images
    if images.shape[1] == 1 and channels == 3:
        return images.expand(-1, 3, -1, -1)
    if images.shape[1] == 3 and channels == 1:
        weights = torch.tensor([0.299, 0.587, 0.114], dtype=images.dtype, device=images.device)
        return torch.einsum("nchw,c->nhw", images, weights)[:, None]
    raise InputError(f"expected images of 1 or 3 channels for a network of {channels}, got {images.shape[1]}")
