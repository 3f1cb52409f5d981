"""Which training images to look at in features, where all of them would take too long: those a copy may be of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.core.seeds import child_seed
from sparring.metrics._nearest import nearest

SIDE = 16
"""Pictures are compared in gray, at most so many pixels a side."""
TIMES = 3
"""Up to so many times n, all training images are looked at."""


def likely_sources(sets: Sequence[Tensor], every: Tensor, n: int, seed: int) -> Tensor:
    """Return places of training images, ascending: n at random, and the nearest in small gray pixels to each image.

    A copier of 60,000 images would pass for new among 10,000 drawn from them, as most of what it copies is not there.
    `sets` are the images that copies are looked for in, all treated alike so that their figures compare.

    >>> every = torch.arange(100, dtype=torch.uint8)[:, None]
    >>> likely_sources([every[90:92]], every, 2, 0).tolist()[-2:]
    [90, 91]
    """
    if len(every) <= TIMES * n:
        return torch.arange(len(every))
    generator = torch.Generator().manual_seed(child_seed(seed, "likely sources"))
    small = _small(every)
    found = [torch.randperm(len(every), generator=generator)[:n]]
    found += [nearest(_small(images), small)[1] for images in sets]
    places: Tensor = torch.cat(found).unique()  # type: ignore[no-untyped-call]
    return places


def _small(images: Tensor) -> Tensor:
    """Return rows of gray pixels, (n, at most SIDE²)."""
    if images.ndim != 4:
        return images.flatten(1).float()
    size = tuple(min(SIDE, side) for side in images.shape[2:])
    parts = [part.float().mean(1, keepdim=True) for part in torch.split(images, 1000)]
    return torch.cat([F.interpolate(part, size, mode="area").flatten(1) for part in parts])
