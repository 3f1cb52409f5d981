"""A data set that has a name: one file each, loaded whole, with or without a split."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from sparring.data._dataset import Dataset
from sparring.errors import InputError, did_you_mean
from sparring.registry import Unit

TEST_EVERY = 5
"""Sets without an official split keep every fifth sample for testing: the same for everyone, no draw."""


@dataclass(frozen=True)
class DataUnit(Unit, ABC):
    """A data set by name. `splits` are the parts it has, `default` the one loaded when none is named."""

    kind: ClassVar[str] = "data"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    default: ClassVar[str | None] = None

    @final
    def load(self, split: str | None = None) -> Dataset:
        """Load a part of the data set, or what it gives when none is named.

        Raises: InputError for a split it does not have, or when its files are not on this machine.
        """
        split = split or self.default
        if split is not None and split not in self.splits:
            raise InputError(f"expected a split of {self}, got {split!r}{did_you_mean(split, self.splits)}")
        pixels, labels, classes = self.read(split)
        return Dataset(pixels, labels, classes, name=f"{self}:{split}" if split else str(self))

    @abstractmethod
    def read(self, split: str | None) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Return pixels, labels and class names of a known split; None is everything."""


def every_fifth(pixels: Tensor, labels: Tensor, split: str | None) -> tuple[Tensor, Tensor]:
    """Cut a set without an official split: index % 5 == 4 is test, the rest train, None everything."""
    if split is None:
        return pixels, labels
    test = torch.arange(len(labels)) % TEST_EVERY == TEST_EVERY - 1
    chosen = test if split == "test" else ~test
    return pixels[chosen], labels[chosen]
