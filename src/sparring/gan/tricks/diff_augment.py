"""Augmentation inside the game, for small data: the discriminator never sees an image as it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.gan._moment import Moment, Side
from sparring.gan.tricks.base import Trick
from sparring.types import Images

POLICIES = ("color", "translation", "cutout")


@dataclass(frozen=True)
class DiffAugment(Trick):
    """Change real and generated images in the same random ways, differentiably, whenever the discriminator looks.

    color: brightness ± ½, saturation × [0, 2], contrast × [½, 1½], in the view [−1, 1]; translation by up to ⅛ of each
    side; cutout: a patch of half the height and width. What is cut out, and what comes from outside, is middle gray.

    Fields: `policy`: some of color, translation and cutout, in the order in which they are applied.

    Shapes: (n, c, h, w) → (n, c, h, w), color not held in [0, 1].

    Cost: a few passes over the pixels.

    Source: Zhao et al. 2020, arXiv 2006.10738, eq. 4 to 6. **Differs**: the real and the generated image of a pair are
    changed in the same way, not each in its own.

    >>> from sparring.games import Batch
    >>> moment = Moment(Batch(torch.rand(3, 1, 8, 8), None, torch.arange(3), 0), "generator")
    >>> real, fake = (DiffAugment().inputs(moment.batch.x, moment, side) for side in ("real", "fake"))
    >>> torch.equal(real, fake), torch.equal(real, moment.batch.x)
    (True, False)
    """

    cites = ("zhao2020",)
    policy: tuple[str, ...] = POLICIES

    def __post_init__(self) -> None:
        if not self.policy or not set(self.policy) <= set(POLICIES):
            raise InputError(f"expected policy of diff_augment to be some of {', '.join(POLICIES)}, got {self.policy}")

    def inputs(self, x: Images, moment: Moment, side: Side) -> Images:
        """Return the images as changed in this turn."""
        if x.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for diff_augment, got {tuple(x.shape)}: leave it out")
        changes = {"color": _color, "translation": _translation, "cutout": _cutout}
        seen = 2 * x - 1
        for name in self.policy:
            seen = changes[name](seen, moment.streams(f"diff_augment/{name}"))
        return (seen + 1) / 2


def _color(x: Tensor, streams: Streams) -> Tensor:
    brightness, saturation, contrast = streams.uniform((3,), x.dtype).view(-1, 3, 1, 1, 1).unbind(1)
    x = x + brightness - 0.5
    gray = x.mean(1, keepdim=True)
    x = gray + (x - gray) * 2 * saturation
    middle = x.mean((1, 2, 3), keepdim=True)
    return middle + (x - middle) * (contrast + 0.5)


def _translation(x: Tensor, streams: Streams) -> Tensor:
    n, _, h, w = x.shape
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    down, right = (_up_to(streams, round(side / 8))[:, None] for side in (h, w))
    source = (rows[None] - down + 1).clamp(0, h + 1), (columns[None] - right + 1).clamp(0, w + 1)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    every = torch.arange(n, device=x.device)[:, None, None]
    return padded[every, source[0][:, :, None], source[1][:, None, :]].permute(0, 3, 1, 2)


def _cutout(x: Tensor, streams: Streams) -> Tensor:
    kept = []
    for side in x.shape[2:]:
        size = max(1, side // 2)
        start = streams.integers(side + 1 - size % 2) - size // 2
        at = torch.arange(side, device=x.device)[None]
        kept.append((at < start[:, None]) | (at >= start[:, None] + size))
    return x * (kept[0][:, None, :, None] | kept[1][:, None, None, :]).to(x.dtype)


def _up_to(streams: Streams, most: int) -> Tensor:
    """Return integers in [−most, most], one a sample."""
    return streams.integers(2 * most + 1) - most
