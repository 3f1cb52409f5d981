"""A generator that is fitted, not played: data in, a sampler out."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError, missing_extra
from sparring.registry import Unit
from sparring.types import Images

Sampler: TypeAlias = Callable[[int, int], Images]
"""From a number of samples and a seed to images (n, *shape) in [0, 1]."""


@dataclass(frozen=True)
class Estimator(Unit, ABC):
    """Fits a distribution to data in [0, 1]. Subclasses are final; torch's global generator is left as found."""

    kind: ClassVar[str] = "estimator"
    sklearn: ClassVar[bool] = False
    """Whether it is scikit-learn's."""

    def check(self) -> None:
        """Refuse to begin where scikit-learn is needed and not installed."""
        if self.sklearn and importlib.util.find_spec("sklearn") is None:
            raise missing_extra("scikit-learn", "data")

    @abstractmethod
    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Return what samples from the distribution that was fitted."""


def rows(data: Dataset, most: int, seed: int) -> Tensor:
    """Return up to `most` random samples as rows (n, d), float32."""
    return data.images(data.subset(min(most, len(data)), seed)).flatten(1)


def images(x: Tensor, shape: tuple[int, ...]) -> Images:
    """Return rows as images, what lies outside [0, 1] put at its edge."""
    return x.float().clamp(0, 1).view(-1, *shape)


def stream(seed: int, name: str) -> torch.Generator:
    """Return a generator of random numbers of its own."""
    return torch.Generator().manual_seed(child_seed(seed, name))


def check_counts(unit: Unit, **fields: int) -> None:
    """Refuse counts below 1."""
    for name, value in fields.items():
        if value < 1:
            raise InputError(f"expected {name} of {unit.name()} >= 1, got {value}")
