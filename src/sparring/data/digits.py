"""Scikit-learn's digits: the data set for answers in a second."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data.base import DataUnit, every_fifth
from sparring.errors import missing_extra


@dataclass(frozen=True)
class Digits(DataUnit):
    """1,797 handwritten digits of 8 × 8 for quick trials: `digits[:train|:test]`, inside scikit-learn.

    Shapes: pixels (n, 1, 8, 8) float32, levels k/16; labels (n,) in 0..9.
    Raises: InputError when scikit-learn is missing.
    Source: Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits, its test part.
    Differs: there is no official split; index % 5 == 4 is test (359), the rest train (1,438).

    >>> len(Digits().load("test"))
    359
    """

    def read(self, split: str | None) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Return pixels, labels and class names."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise missing_extra("scikit-learn", "data") from None
        raw = load_digits()
        pixels = torch.tensor(raw.images, dtype=torch.float32).unsqueeze(1) / 16
        pixels, labels = every_fifth(pixels, torch.tensor(raw.target, dtype=torch.int64), split)
        return pixels, labels, tuple("0123456789")
