"""A classifier that may refuse to answer: k + 1 logits, the last of which is the highest where it does."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from typing import Self

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.types import Images, Logits, Scores

BATCH = 250
"""Images that one pass takes."""


class Rejecting(nn.Module, ABC):
    """A classifier with a detector beside it, images (n, *chw) → logits (n, k + 1). Subclasses write `judge`.

    z_K = max_j z_j + scale · (score − threshold): the highest exactly where the score is above the threshold, and the
    others are the classifier's own. `scale` puts scores in the units of logits, so that a joint attack weighs both.
    Attacks count a refusal as no success, and what is refused without an attack as wrong from the start (T42).
    """

    rejects = True
    scale: Tensor
    threshold: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("threshold", torch.zeros(()))

    @abstractmethod
    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return the classifier's logits (n, k) and scores (n,): the higher, the less an image is like clean ones."""

    def forward(self, x: Images) -> Logits:
        """Return logits (n, k + 1), the last for a refusal."""
        logits, score = self.judge(x)
        refusal = logits.amax(1) + (self.scale * (score - self.threshold)).to(logits.dtype)
        return torch.cat([logits, refusal[:, None]], 1)

    def calibrate(self, clean: Dataset, false_alarms: float) -> Self:
        """Fix threshold and scale on clean images that the detector has not seen, and return the model.

        The threshold is their ⌈(n + 1)(1 − rate)⌉-th lowest score: another clean image is refused with a chance of at
        most the rate, whatever the scores' distribution. The scale makes the median image as far from being refused
        as it is from another class.

        Raises: InputError for a rate outside (0, 1), and for fewer images than 1/rate − 1, which cannot tell it.
        """
        n = len(clean)
        place = math.ceil((n + 1) * (1 - false_alarms))
        if not 0 < false_alarms < 1 or place > n:
            raise InputError(
                f"expected false_alarms in (0, 1) and at least 1 / false_alarms - 1 images to calibrate on, got "
                f"{false_alarms} and {n} images"
            )
        with torch.no_grad():
            parts = [self.judge(part) for part in batches(clean.images())]
        logits, scores = (torch.cat(column).double() for column in zip(*parts, strict=True))
        first = logits.topk(2, dim=1).values
        threshold = scores.sort().values[place - 1]
        room, gap = (threshold - scores).abs().median(), (first[:, 0] - first[:, 1]).median()
        self.threshold.copy_(threshold)
        self.scale.copy_(gap / room if room > 0 and gap > 0 else torch.ones(()))
        return self


def inside(net: nn.Module) -> nn.Module:
    """Return a copy of the classifier in eval mode whose weights ask for no gradient: the user's own stays as it is."""
    return copy.deepcopy(net).eval().requires_grad_(False)


def batches(x: Images) -> tuple[Images, ...]:
    """Return images in parts that one pass takes."""
    return torch.split(x, BATCH)
