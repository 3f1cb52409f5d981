"""A distribution of known modes, all equally likely: training data from it, fresh samples, and which is whose."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeAlias

from torch import Tensor

from sparring.data import Dataset
from sparring.registry import Unit


class Placed(NamedTuple):
    """Samples, each beside the mode it is nearest to.

    Fields:
        mode: (n,) int64 in [0, K).
        good: (n,) whether it is of high quality: near enough to be one of that mode.
        distance: (n,) how far it is from the mode's center, in standard deviations of one coordinate; None where modes
            have no center.
        published: (n,) whether it is of high quality by the rule of the papers, where that is another one.
    """

    mode: Tensor
    good: Tensor
    distance: Tensor | None = None
    published: Tensor | None = None


Judge: TypeAlias = Callable[[Tensor], Placed]
"""From samples (n, *shape), in the problem's own units, to where they are."""


@dataclass(frozen=True)
class Problem(Unit, ABC):
    """Data with modes. Subclasses are final.

    `samples`: how many a figure is of, as in the papers. `training`: how many there are to train on. Images in [0, 1]
    are what nets see: `boxed` and `unboxed` go from the problem's own units and back. `judged_by`: the net that has to
    be trained to place samples, where one has.
    """

    kind: ClassVar[str] = "problem"
    samples: ClassVar[int] = 2500
    training: ClassVar[int] = 100_000
    judged_by: ClassVar[str] = ""

    @property
    @abstractmethod
    def modes(self) -> int:
        """How many modes there are."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""

    @abstractmethod
    def draw(self, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Return fresh real samples (n, *shape) in the problem's own units, and their modes (n,)."""

    @abstractmethod
    def data(self, n: int | None = None, seed: int = 0) -> Dataset:
        """Return training data in [0, 1], labeled by mode; `training` samples unless `n` is given."""

    @abstractmethod
    def judge(self, folder: Path | None = None) -> Judge:
        """Return what places samples; what has to be trained first is kept in `folder`."""

    @abstractmethod
    def boxed(self, x: Tensor) -> Tensor:
        """Return samples as images in [0, 1]."""

    @abstractmethod
    def unboxed(self, images: Tensor) -> Tensor:
        """Return images in [0, 1] as samples: the inverse of `boxed`."""
