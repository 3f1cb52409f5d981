"""Density and coverage: precision and recall that an outlier cannot spoil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from scipy.stats import norm

from sparring.audit.statistics import LEVEL, clopper_pearson
from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._nearest import squared_distances, within
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class DensityCoverage(Metric):
    """Measure in how many neighborhoods of real images a sample lies, and how many of these hold a sample.

    B_i is the ball around real image i that reaches to its k-th nearest other. Density: Σ_j Σ_i 1[y_j ∈ B_i] / (k n),
    near 1 for real data, above where samples crowd. Coverage: the share of B_i with a sample inside. Inside is strict,
    a member is not its own neighbor (G33). All balls are around real images, so one far sample makes nothing larger.

    Fields: `k` ≥ 1 neighbors.
    Interval: normal over samples for density, Clopper and Pearson's over real images for coverage, the balls as they
    are.

    Cost: 2 (m² + n m) d operations, in blocks of 1,000 rows.
    Source: Naeem et al. 2020, arXiv 2002.09797, sec. 3. **Differs**: nothing.

    >>> x = torch.arange(20.0)[:, None]
    >>> [round(figure.value, 2) for figure in DensityCoverage(k=2)(Seen(x), Seen(x))]
    [0.55, 1.0]
    """

    cites = ("naeem2020",)
    figures: ClassVar[tuple[str, ...]] = ("density", "coverage")
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"expected k >= 1 neighbors, got {self.k}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return both with their intervals."""
        radius = real.radius(self.k)
        counts, covered = [], torch.zeros(len(real), dtype=torch.bool, device=real.features.device)
        for _, block in squared_distances(samples.features, real.features):
            hits = within(block, radius)
            counts.append(hits.sum(1))
            covered |= hits.any(0)
        each = torch.cat(counts).double() / self.k
        density, count = float(each.mean()), int(covered.sum())
        reach = float(norm.ppf((1 + LEVEL) / 2) * each.std() / len(each) ** 0.5) if len(each) > 1 else 0.0
        ends = max(0.0, density - reach), density + reach
        n, m = len(samples), len(real)
        return (
            Figure("density", density, ends, "normal, over samples", "real", n, m),
            Figure("coverage", count / m, clopper_pearson(count, m), "Clopper and Pearson", "higher", n, m, "share"),
        )
