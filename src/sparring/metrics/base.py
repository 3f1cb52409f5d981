"""What a metric is: a pure function from what a network saw of two sets to figures with intervals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._nearest import nearest, radii
from sparring.registry import Unit
from sparring.types import Features

Needs = Literal["features", "probabilities", "images"]


@dataclass(frozen=True, eq=False)
class Seen:
    """A set of images as a feature network saw it.

    Fields:
        features: (n, d) float64.
        probabilities: (n, k) of classes, where the network has them; each row sums to 1.
        images: (n, c, h, w) uint8, for metrics that look at pixels.

    Raises: InputError for features that are not finite, or parts of other lengths.
    """

    features: Features
    probabilities: Tensor | None = None
    images: Tensor | None = None
    _radii: dict[int, Tensor] = field(default_factory=dict, init=False, repr=False)
    _near: list[tuple[Seen, tuple[Tensor, Tensor]]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or not len(self.features):
            raise InputError(f"expected features (n, d) with n >= 1, got shape {tuple(self.features.shape)}")
        object.__setattr__(self, "features", self.features.detach().to(torch.float64))
        if not bool(self.features.isfinite().all()):
            raise InputError("expected finite features, got NaN or inf: look at the images and the feature network")
        for what in (self.probabilities, self.images):
            if what is not None and len(what) != len(self):
                raise InputError(f"expected one row a sample, got {len(what)} for {len(self)} features")

    def __len__(self) -> int:
        return len(self.features)

    def take(self, index: Tensor) -> Seen:
        """Return some of the samples, in the order of `index`."""
        parts = (None if part is None else part[index] for part in (self.probabilities, self.images))
        return Seen(self.features[index], *parts)

    def radius(self, k: int) -> Tensor:
        """Return the squared distance of each sample to its k-th nearest other, (n,); worked out once."""
        if k not in self._radii:
            for order, column in enumerate(radii(self.features, k).unbind(1), 1):
                self._radii[order] = column
        return self._radii[k]

    def nearest(self, others: Seen) -> tuple[Tensor, Tensor]:
        """Return each sample's squared distance to the nearest of another set, and which that is; worked out once."""
        for known, found in self._near:
            if known is others:
                return found
        self._near.append((others, nearest(self.features, others.features)))
        return self._near[-1][1]


@dataclass(frozen=True)
class Metric(Unit, ABC):
    """A way to judge samples. `figures` are the names of what it returns, `needs` the part of `Seen` it reads."""

    kind: ClassVar[str] = "metric"
    figures: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[Needs] = "features"
    against: ClassVar[Literal["nothing", "real", "train"]] = "real"

    @final
    def __call__(
        self, samples: Seen, real: Seen | None = None, *, train: Seen | None = None, seed: int = 0
    ) -> tuple[Figure, ...]:
        """Return the figures of `samples`, judged against `real` images, or those a generator was trained on.

        `train` is `real` where it is not given. The seed decides splits and subsets, where there are any; the order of
        the samples decides nothing.

        Raises: InputError when the metric needs what was not given, or more samples.
        """
        given = {"nothing": samples, "real": real, "train": train or real}[self.against]
        if given is None:
            raise InputError(f"expected real images to judge against for {self}, got none")
        for part in (samples, given):
            if self.needs != "features" and getattr(part, self.needs) is None:
                raise InputError(f"expected {self.needs} for {self}, got features alone")
        if self.needs == "features" and samples.features.shape[1] != given.features.shape[1]:
            raise InputError(
                f"expected features of one network, got {samples.features.shape[1]} columns and "
                f"{given.features.shape[1]}"
            )
        return self.measure(samples, given, seed)

    @abstractmethod
    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the figures; `real` is what the metric judges against."""
