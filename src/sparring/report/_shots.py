"""Pictures for a page: tensors in, data URIs out, at a size the eye can use."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from sparring.report._pictures import Forged, Picture
from sparring.report._words import percent

SMALL, LARGE, STORED = 96, 224, 448
"""Pictures are shown at least SMALL and at most LARGE CSS pixels a side, and stored at most STORED pixels."""

PICTURES = (
    "Left, the image and what the model calls it; right, the attacked image and what it calls that. "
    "Between them the change, made ten times stronger so that it can be seen: gray means no change."
)
"""What a gallery says once, so that no picture has to."""


@dataclass(frozen=True)
class Shot:
    """One image of a card as the page shows it."""

    src: str
    alt: str
    width: int
    height: int
    pixelated: bool
    label: str
    detail: str
    tone: str = ""


@dataclass(frozen=True)
class Card:
    """Images side by side under one title."""

    title: str
    shots: tuple[Shot, ...]
    note: str = ""

    @property
    def width(self) -> int:
        """The widest image, in CSS pixels: the page lays its columns by it."""
        return max(shot.width for shot in self.shots)


def magnified(original: Tensor, adversarial: Tensor) -> Tensor:
    """Return the change made visible: 0.5 + 10·(x' − x) cut to [0, 1], so that gray means no change.

    >>> magnified(torch.zeros(1, 1, 2), torch.tensor([[[0.0, 0.02]]])).tolist()
    [[[0.5, 0.699999988079071]]]
    """
    return (0.5 + 10 * (adversarial.detach().float() - original.detach().float())).clamp(0, 1)


def attacked(picture: Picture) -> Card:
    """Return original, change × 10 and adversarial image, side by side."""
    before, after = picture.before, picture.after
    fooled = before[0] != after[0]
    truth = "" if picture.truth in (None, before[0]) else f", though it is {picture.truth}"
    return Card(
        title="",
        shots=(
            shot(picture.original, f"original, called {before[0]}", before[0], sure(before[1]) + truth),
            shot(
                magnified(picture.original, picture.adversarial),
                "change times ten",
                "change × 10",
                picture.note,
                "aside",
            ),
            shot(
                picture.adversarial,
                f"attacked, called {after[0]}",
                after[0],
                sure(after[1]),
                "fooled" if fooled else "",
            ),
        ),
    )


def forged(made: Forged) -> Card:
    """Return noise and what was made of it, side by side."""
    before, after = made.before, made.after
    return Card(
        title=made.title,
        shots=(
            shot(made.start, f"start, called {before[0]}", before[0], f"start · {sure(before[1])}"),
            shot(made.final, f"end, called {after[0]}", after[0], f"end · {sure(after[1])}", "fooled"),
        ),
        note=made.note,
    )


def sure(confidence: float) -> str:
    """Return a confidence in plain words.

    >>> sure(0.5)
    '50.0\\xa0% sure'
    """
    return f"{percent(confidence)} sure"


def shot(image: Tensor, alt: str, label: str, detail: str, tone: str = "") -> Shot:
    """Return an image ready for the page, with its size on screen settled."""
    height, width = image.shape[-2:]
    side = max(height, width)
    zoom = -(-SMALL // side) if side < SMALL else min(1.0, LARGE / side)
    return Shot(
        src=data_uri(image),
        alt=alt,
        width=max(1, round(width * zoom)),
        height=max(1, round(height * zoom)),
        pixelated=zoom > 1,
        label=label,
        detail=detail,
        tone=tone,
    )


def data_uri(image: Tensor) -> str:
    """Return a (c, h, w) image in [0, 1] as a PNG inside a data URI, at the nearest of 256 levels."""
    if image.shape[0] not in (1, 3):
        image = image.float().mean(0, keepdim=True)
    levels = image.detach().float().mul(255).round().clamp(0, 255).to(torch.uint8).cpu().permute(1, 2, 0)
    picture = Image.fromarray(levels.squeeze(-1).numpy() if levels.shape[-1] == 1 else levels.numpy())
    if max(picture.size) > STORED:  # the page is for the eye; the exact image is the PNG in the run directory
        picture.thumbnail((STORED, STORED), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
