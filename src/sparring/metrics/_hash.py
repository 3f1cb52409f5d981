"""A perceptual hash of our own: pictures that look alike have nearly the same 64 bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.types import Images

SIDE, KEPT = 32, 8
"""Pictures are looked at in 32 × 32, of whose frequencies the lowest 8 × 8 are kept."""


def perceptual_hash(images: Images) -> Tensor:
    """Return 64 bits a picture, (n, 64) bool: whether each low frequency is above the median of them.

    Gray, 32 × 32 (antialiased bilinear), discrete cosine transform, the 8 × 8 lowest frequencies, and of each whether
    it exceeds the median of all but the constant one. Brightness, contrast, noise, scale and JPEG change few of the
    bits.

    Shapes: (n, c, h, w), uint8 or float in [0, 1]. Cost: some 70,000 operations a picture.
    Source: the scheme known as pHash, Zauner 2010, "Implementation and benchmarking of perceptual image hash
    functions", sec. 3.2.2. **Differs**: no blur before the resize, which is antialiased.

    >>> x = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    >>> int((perceptual_hash(x) != perceptual_hash(0.5 * x + 0.2)).sum())
    0
    """
    gray = images.to(torch.float32).mean(1, keepdim=True)
    small = F.interpolate(gray, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True)[:, 0]
    basis = cosines(SIDE)[:KEPT].to(small.device)
    low = (basis @ small.double() @ basis.T).flatten(1)
    return low > low[:, 1:].median(1, keepdim=True).values


def cosines(n: int) -> Tensor:
    """Return the orthonormal matrix of the discrete cosine transform (type II), (n, n) float64."""
    k, x = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(n, dtype=torch.float64)
    matrix = torch.cos(math.pi / n * (x + 0.5) * k) * math.sqrt(2 / n)
    matrix[0] /= math.sqrt(2)
    return matrix


def close_to_any(hashes: Tensor, others: Tensor | None, most: int) -> Tensor:
    """Say of each hash (n, 64) whether one of the others differs in at most `most` bits, (n,) bool.

    `others` None compares each with all the rest of `hashes`.
    """
    signs = hashes.float() * 2 - 1
    against = signs if others is None else others.float() * 2 - 1
    found = []
    for start in range(0, len(signs), 1000):
        part = signs[start : start + 1000]
        differ = (signs.shape[1] - part @ against.T) / 2
        if others is None:
            differ[torch.arange(len(part)), torch.arange(start, start + len(part))] = torch.inf
        found.append((differ <= most).any(1))
    return torch.cat(found)
