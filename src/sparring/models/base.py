"""The two kinds of model that have a name: nets to train, and networks that come with weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import nn

from sparring.errors import InputError
from sparring.models._loaded import LoadedModel
from sparring.registry import Unit


@dataclass(frozen=True)
class ModelUnit(Unit):
    """A model by name: either `Trainable` or `Pretrained`."""

    kind: ClassVar[str] = "model"


@dataclass(frozen=True)
class Trainable(ModelUnit, ABC):
    """An architecture whose weights are drawn from a seed, for whoever trains a classifier."""

    @final
    def build(self, input_shape: tuple[int, ...], classes: int, *, seed: int = 0) -> nn.Module:
        """Return a fresh net, images (n, *input_shape) in [0, 1] → logits (n, classes).

        The same seed gives the same weights, and torch's global generator is left as found (T30).

        Raises: InputError when the shape is not one this net takes, or there are fewer than 2 classes.
        """
        if classes < 2:
            raise InputError(f"expected at least 2 classes for {self}, got {classes}")
        if not input_shape or min(input_shape) < 1:
            raise InputError(f"expected an input shape such as (1, 28, 28) for {self}, got {input_shape}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.layers(input_shape, classes)

    @abstractmethod
    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the net, with weights drawn from torch's global generator."""


@dataclass(frozen=True)
class Pretrained(ModelUnit, ABC):
    """A network whose weights lie in an installed package."""

    @abstractmethod
    def load(self) -> LoadedModel:
        """Return the network in eval mode, ready for images in [0, 1]."""


def image_shape(unit: Unit, input_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return (c, h, w), or say that this net takes images only."""
    if len(input_shape) != 3:
        raise InputError(f"expected images (c, h, w) for {unit}, got samples of shape {input_shape}: use mlp or linear")
    return input_shape[0], input_shape[1], input_shape[2]


def positive(unit: Unit, **fields: int) -> None:
    """Refuse sizes below 1."""
    for name, value in fields.items():
        if value < 1:
            raise InputError(f"expected {name} of {unit.name()} to be at least 1, got {value}")
