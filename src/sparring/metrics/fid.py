"""The Fréchet distance between features of samples and of real images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scipy.stats import norm

from sparring.audit.statistics import LEVEL
from sparring.metrics._figure import Figure
from sparring.metrics._frechet import frechet_influence
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class Fid(Metric):
    """Measure how far the samples' features are from real ones, both taken for Gaussians: the FID of any network.

    ‖μ₁ − μ₂‖² + Tr(S₁ + S₂ − 2 (S₁S₂)^½), lower is better. It falls as n grows, so only figures of one n compare (G6);
    real data against real data is above 0 for the same reason. Interval: infinitesimal jackknife over both sets, which
    says what another draw of n would give, not where the limit n → ∞ lies; where both sets are alike it is somewhat too
    wide.

    Cost: (n + m) d² operations for the covariances and some 30 d³ for distance and interval; `frechet_distance` and
    `Moments` give the distance alone for less, streaming.

    Source: Heusel et al. 2017, arXiv 1706.08500, eq. 6. **Differs**: singular values in the place of a matrix root
    (G5); an interval; any features, named beside the figure.

    >>> import torch
    >>> x = torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    >>> (figure,) = Fid()(Seen(x), Seen(x + 3))
    >>> round(figure.value, 4)
    18.0
    """

    cites = ("heusel2017",)
    figures: ClassVar[tuple[str, ...]] = ("fid",)

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the distance with its interval."""
        value, of_real, of_samples = frechet_influence(real.features, samples.features)
        spread = float((of_real.var() / len(real) + of_samples.var() / len(samples)).sqrt())
        reach = float(norm.ppf((1 + LEVEL) / 2)) * spread
        interval = max(0.0, value - reach), value + reach
        return (Figure("fid", value, interval, "infinitesimal jackknife", "lower", len(samples), len(real)),)
