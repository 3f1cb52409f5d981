"""No network at all: the pixels themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.data import Dataset
from sparring.metrics.features.base import Extractor, FeatureNetwork


@dataclass(frozen=True)
class Pixels(FeatureNetwork):
    """Take the values of the pixels as features, for data without pictures and for tests: a floor, not a judge.

    Shapes: (n, *chw) → (n, c·h·w) in [0, 1].
    Source: the baseline of Theis, van den Oord and Bethge 2016, arXiv 1511.01844, which shows that distances
    of pixels say little about how pictures look. **Differs**: nothing.

    >>> Pixels().load((1, 2, 2)).name
    'pixels'
    """

    cites = ("theis2016",)

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the pixels in float64, k/255."""
        return Extractor("pixels", lambda images: (images.flatten(1).double() / 255, None), "", batch_size=1000)
