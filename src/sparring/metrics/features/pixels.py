"""No network at all: the pixels themselves."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.metrics.features.base import Extractor, FeatureNetwork


@dataclass(frozen=True)
class Pixels(FeatureNetwork):
    """Take the values of the pixels as features, for data without pictures and for tests: a floor, not a judge.

    Between looks at one training it is a judge, since there it orders samples as an ImageNet network does (see GANs).

    Fields: `size` ≥ 0 pixels: images with a longer side are brought to it, each pixel the mean of what it covers; 0 for
    as they are. The figures of large images take long else.

    Shapes: (n, *chw) → (n, c·h·w) in [0, 1].
    Source: the baseline of Theis, van den Oord and Bethge 2016, arXiv 1511.01844, which shows that distances
    of pixels say little about how pictures look. **Differs**: nothing.

    >>> Pixels().load((1, 2, 2)).name, Pixels(size=32).load((3, 64, 48)).resize
    ('pixels', 'area 64x48 to 32x24')
    """

    cites = ("theis2016",)
    size: int = 0

    def __post_init__(self) -> None:
        if self.size < 0:
            raise InputError(f"expected size >= 0 of pixels, got {self.size}")

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the pixels in float64, k/255."""
        longest = max(shape[1:], default=0)
        if len(shape) != 3 or not 0 < self.size < longest:
            return Extractor("pixels", lambda images: (images.flatten(1).double() / 255, None), "", batch_size=1000)
        small = tuple(max(1, round(side * self.size / longest)) for side in shape[1:])

        def look(images: Tensor) -> tuple[Tensor, None]:
            return F.interpolate(images.double() / 255, small, mode="area").flatten(1), None

        sizes = ("x".join(map(str, each)) for each in (shape[1:], small))
        return Extractor(f"pixels@{self.size}", look, "", "area " + " to ".join(sizes), batch_size=1000)
