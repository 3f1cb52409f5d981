"""What a feature network is: images in, one row of features an image out, and a fingerprint of how."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.data import Dataset
from sparring.registry import Unit

Look = Callable[[Tensor], tuple[Tensor, Tensor | None]]
"""uint8 images (n, c, h, w), or (n, d), → features (n, d) and logits (n, k) or None."""


@dataclass(frozen=True, eq=False)
class Extractor:
    """A network that is ready to look at images of one shape.

    Fields:
        name: how its figures are named, such as "efficientnet-lite0".
        look: uint8 images on its device → features and logits.
        checksum: sha256 of its weights and whatever else decides its features.
        resize: what is done to the images first, in words.
        device: where it looks.
        batch_size: images a look; changes speed and memory, not figures.
    """

    name: str
    look: Look
    checksum: str
    resize: str = "none"
    device: str = "cpu"
    batch_size: int = 64


@dataclass(frozen=True)
class FeatureNetwork(Unit, ABC):
    """A feature network by name, built for images of a shape."""

    kind: ClassVar[str] = "features"

    @abstractmethod
    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the network, ready for images of `shape`; `learn` are labelled images it may be trained on."""


def best_device() -> str:
    """Return the accelerator if there is one, else the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"
