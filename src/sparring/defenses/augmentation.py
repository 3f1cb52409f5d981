"""Data augmentation: how much robustness comes from ordinary variety alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from sparring.defenses._round import Round
from sparring.defenses.base import Defense
from sparring.errors import InputError, missing_extra
from sparring.types import Images, Scores


@dataclass(frozen=True)
class Augmentation(Defense):
    """Train on L(T(x), y), T a random change that keeps the label: moved, turned, resized, mirrored, noisy.

    Fields:
        degrees: largest turn, ≥ 0.
        shift: largest move, as a share of the side, in [0, 1).
        scale: largest change of size, as a share, in [0, 1).
        flip: mirror left and right half of the time.
        erase: share of images of which a random rectangle is blanked, in [0, 1].
        noise: standard deviation of Gaussian noise, in the unit of the pixels, ≥ 0, not clipped to the box: with it
            alone (`degrees=0, shift=0, scale=0`) this is what a classifier to be smoothed is trained on.

    Shapes: with geometry, images (n, c, h, w); noise takes any shape.
    Cost: 1 forward and 1 backward a sample.
    Needs: kornia (extra `augment`) for everything but noise.

    Source: Riba et al. 2020, arXiv 1910.02190 (kornia); with noise, Cohen, Rosenfeld and Kolter 2019, arXiv 1902.02918,
    section 3.3. **Differs**: nothing.

    >>> from sparring.registry import parse
    >>> parse("augmentation(degrees=0, shift=0, scale=0, noise=0.25)").noise
    0.25
    """

    cites = ("riba2020", "cohen2019")
    claimed = "common belief: a classifier that has seen more variety is harder to fool"
    broken = "as easy to fool as before; with noise, somewhat harder"

    degrees: float = 10.0
    shift: float = 0.1
    scale: float = 0.1
    flip: bool = False
    erase: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not (self.degrees >= 0 and self.noise >= 0):
            raise InputError(f"expected degrees and noise of augmentation >= 0, got {self}")
        if not (0 <= self.shift < 1 and 0 <= self.scale < 1 and 0 <= self.erase <= 1):
            raise InputError(f"expected shift and scale of augmentation in [0, 1) and erase in [0, 1], got {self}")

    def loss(self, play: Round) -> Scores:
        """Return L(T(x), y)."""
        x = self._changed(play.x)
        if self.noise:
            x = x + self.noise * play.normal_like(x)
        return F.cross_entropy(play.net(x), play.y, reduction="none")

    @torch.no_grad()
    def _changed(self, x: Images) -> Images:
        """Return the images changed by draws of torch's global generator, which the loop seeds for every round."""
        steps = self._steps()
        if not steps:
            return x
        if x.ndim != 4:
            raise InputError(f"expected images (c, h, w) for {self}, got samples of shape {tuple(x.shape[1:])}")
        for step in steps:
            x = step(x)
        return x.clamp(0, 1)

    def _steps(self) -> list[nn.Module]:
        if not (self.degrees or self.shift or self.scale or self.flip or self.erase):
            return []
        try:
            import kornia.augmentation as kornia
        except ImportError:
            raise missing_extra("kornia", "augment") from None
        affine: dict[str, Any] = {
            "degrees": self.degrees,
            "translate": (self.shift, self.shift) if self.shift else None,
            "scale": (1 - self.scale, 1 + self.scale) if self.scale else None,
        }
        steps: list[nn.Module] = []
        if self.degrees or self.shift or self.scale:
            steps.append(kornia.RandomAffine(p=1.0, **affine))
        if self.flip:
            steps.append(kornia.RandomHorizontalFlip(p=0.5))
        if self.erase:
            steps.append(kornia.RandomErasing(p=self.erase))
        return steps
