"""What the Fréchet distance would be with endlessly many samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from scipy.stats import linregress, t

from sparring.audit.statistics import LEVEL
from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._frechet import frechet_distance
from sparring.metrics._moments import Moments
from sparring.metrics._order import shuffled
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class FidInfinity(Metric):
    """Estimate the FID of endlessly many samples, by a line through the FID of growing parts of them.

    FID(n) ≈ FID∞ + c / n: fitted by least squares in 1/n over parts of sizes that are equally far apart in 1/n, from a
    quarter of the samples to all. The real images stay as they are, so their own share of the bias remains; that of
    real against real shows it. Lower is better; it may be slightly negative.

    Fields: `points` ≥ 3 parts.
    Interval: Student's for the intercept; parts overlap, so it says how well the line fits, and is rather narrow.

    Cost: that of `points` FIDs without interval.
    Source: Chong and Forsyth 2020, arXiv 1911.07023. **Differs**: parts from n/4 to n in place of 5,000 to
    50,000; random samples, not Sobol's.

    >>> draws = torch.randn(4400, 8, generator=torch.Generator().manual_seed(0))
    >>> (limit,) = FidInfinity()(Seen(draws[:400]), Seen(draws[400:]))
    >>> abs(limit.value) < frechet_distance(draws[:400], draws[400:])
    True
    """

    cites = ("chong2020",)
    figures: ClassVar[tuple[str, ...]] = ("fid_infinity",)
    points: int = 8

    def __post_init__(self) -> None:
        if self.points < 3:
            raise InputError(f"expected points >= 3 for a line with an interval, got {self.points}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the intercept with its interval."""
        n = len(samples)
        if n < 8:
            raise InputError(f"expected at least 8 samples for {self}, got {n}")
        moments = Moments().update(real.features) if len(real) > real.features.shape[1] else real.features
        rows = samples.features[shuffled(samples, seed, "fid_infinity")]
        picks = torch.Generator().manual_seed(seed)
        sizes = [round(1 / (4 / n + (1 / n - 4 / n) * step / (self.points - 1))) for step in range(self.points)]
        values = [
            frechet_distance(moments, rows[torch.randperm(n, generator=picks)[:size].to(rows.device)]) for size in sizes
        ]
        line = linregress([1 / size for size in sizes], values)
        value = float(line.intercept)
        reach = float(t.ppf((1 + LEVEL) / 2, self.points - 2) * line.intercept_stderr)
        method = f"Student's t of the intercept over {self.points} sizes from {sizes[0]} to {n}"
        details = {"sizes": sizes, "fid": values, "slope": float(line.slope)}
        return (
            Figure(
                "fid_infinity", value, (value - reach, value + reach), method, "lower", n, len(real), "", None, details
            ),
        )
