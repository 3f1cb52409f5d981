"""How near samples come to training images, and which pairs to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class Neighbors(Metric):
    """Compare how far samples are from the nearest training image with how far training images are from each other.

    median_y min_i ‖y − x_i‖ / median_i min_{j≠i} ‖x_i − x_j‖: 0 for copies, near 1 for new images of the same kind, far
    above for what looks like none of them. `details` holds the pairs (sample, training image, distance in these units)
    that are nearest, for a person to look at: they are taken over all samples, so copies among many new ones show
    there.

    Fields: `pairs` ≥ 1 to hand out.
    Interval: binomial order statistics of the median over samples, the denominator as it is.

    Cost: 2 (m² + n m) d operations, in blocks of 1,000 rows.
    Source: the nearest-neighbor check of Theis, van den Oord and Bethge 2016, arXiv 1511.01844, which warns
    that in pixels a shift of one hides a copy: use features. **Differs**: a ratio in place of pictures alone.

    >>> x = torch.tensor([[0.0], [1.0], [2.0]])
    >>> [Neighbors()(Seen(y), Seen(x))[0].value for y in (x, x + 0.5, x + 9)]
    [0.0, 0.5, 8.0]
    """

    cites = ("theis2016",)
    figures: ClassVar[tuple[str, ...]] = ("neighbors",)
    against: ClassVar[Literal["nothing", "real", "train"]] = "train"
    pairs: int = 12

    def __post_init__(self) -> None:
        if self.pairs < 1:
            raise InputError(f"expected pairs >= 1, got {self.pairs}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the ratio of medians with its interval, and the nearest pairs."""
        distance, which = samples.nearest(real)
        unit = float(real.radius(1).sqrt().median())
        if unit == 0:  # half the training images have a twin: any scale will do that is not 0
            unit = float(real.radius(1).sqrt().mean()) or 1.0
        ratio = distance.sqrt() / unit
        order = ratio.argsort(stable=True)
        n = len(ratio)
        low, high = _median_ends(n)
        pairs = [[int(j), int(which[j]), float(ratio[j])] for j in order[: self.pairs]]
        ends = float(ratio[order[low]]), float(ratio[order[high]])
        value = float(torch.quantile(ratio, 0.5)) if n <= 2**23 else float(ratio.median())
        method = "order statistics of the median"
        return (Figure("neighbors", value, ends, method, "real", n, len(real), "", None, {"pairs": pairs}),)


def _median_ends(n: int) -> tuple[int, int]:
    """Return the places in sorted samples between which the median lies with a chance of at least 95 %.

    >>> _median_ends(100)
    (39, 60)
    """
    from scipy.stats import binom

    low = max(0, int(binom.ppf(0.025, n, 0.5)) - 1)
    return low, n - 1 - low
