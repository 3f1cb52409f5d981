"""Precision and recall of samples: how many are among the real images, how many of these are among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from sparring.audit.statistics import clopper_pearson
from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._nearest import squared_distances, within
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class PrecisionRecall(Metric):
    """Measure which samples look real, and how much of the real images the samples cover.

    A set's manifold is the union of balls around its members that reach to the k-th nearest other member. Precision:
    the share of samples inside that of the real images. Recall: the share of real images inside that of the samples.
    Inside is strict, and a member is not its own neighbor (G33). A collapsed generator has a high precision and a low
    recall.

    Fields: `k` ≥ 1 neighbors.
    Interval: Clopper and Pearson's over the images that are counted, the balls as they are.

    Cost: 2 (n² + m² + n m) d operations, in blocks of 1,000 rows.
    Source: Kynkäänniemi et al. 2019, arXiv 1904.06991, sec. 2; k = 5 as in Naeem et al. 2020. **Differs**: strict,
    as the code of the latter.

    >>> x = torch.arange(20.0)[:, None]
    >>> [figure.value for figure in PrecisionRecall()(Seen(x[:10]), Seen(x))]
    [1.0, 0.7]
    """

    cites = ("kynkaanniemi2019", "naeem2020")
    figures: ClassVar[tuple[str, ...]] = ("precision", "recall")
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"expected k >= 1 neighbors, got {self.k}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return both shares with their intervals."""
        of_real, of_samples = real.radius(self.k), samples.radius(self.k)
        inside, covered = 0, torch.zeros(len(real), dtype=torch.bool, device=real.features.device)
        for rows, block in squared_distances(samples.features, real.features):
            inside += int(within(block, of_real).any(1).sum())
            covered |= within(block, of_samples[rows, None]).any(0)
        counts = (("precision", inside, len(samples)), ("recall", int(covered.sum()), len(real)))
        return tuple(
            Figure(
                name, count / of, clopper_pearson(count, of), "Clopper and Pearson", "higher", len(samples), len(real),
                "share",
            )
            for name, count, of in counts
        )  # fmt: skip
