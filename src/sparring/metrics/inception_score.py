"""The Inception Score of any classifier's probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from scipy.stats import t
from torch import Tensor

from sparring.audit.statistics import LEVEL
from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._order import shuffled
from sparring.metrics.base import Metric, Needs, Seen


@dataclass(frozen=True)
class InceptionScore(Metric):
    """Measure how sure a classifier is of each sample, and how many classes it sees in all of them.

    exp E_x KL(p(y | x) ‖ p(y)), natural logarithm; from 1 to the number of classes K, the mean over splits of the
    shuffled samples (G35). It looks at no real image: what to aim at is its value on real data, which stands beside it.
    It rises with the size of a split.

    Fields: `splits` ≥ 2.
    Interval: Student's over the splits.

    Cost: n K.
    Source: Salimans et al. 2016, arXiv 1606.03498, sec. 4. **Differs**: any classifier, named beside the figure; the
    shuffle is decided by seed and samples.

    >>> (figure,) = InceptionScore(splits=2)(Seen(torch.rand(8, 1), torch.eye(2).repeat(4, 1)), seed=3)
    >>> 1 <= figure.value <= 2
    True
    """

    cites = ("salimans2016",)
    figures: ClassVar[tuple[str, ...]] = ("inception_score",)
    needs: ClassVar[Needs] = "probabilities"
    against = "nothing"
    splits: int = 10

    def __post_init__(self) -> None:
        if self.splits < 2:
            raise InputError(f"expected splits >= 2, got {self.splits}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the mean over splits with its interval."""
        assert samples.probabilities is not None  # the call has seen to it
        if len(samples) < 2 * self.splits:
            raise InputError(f"expected at least {2 * self.splits} samples for {self}, got {len(samples)}")
        rows = samples.probabilities[shuffled(samples, seed, "inception_score")]
        found = torch.tensor([score(part) for part in rows.tensor_split(self.splits)], dtype=torch.float64)
        value, spread = float(found.mean()), float(found.std()) / math.sqrt(self.splits)
        reach = float(t.ppf((1 + LEVEL) / 2, self.splits - 1)) * spread
        method = f"Student's t over {self.splits} splits of {len(samples) // self.splits}"
        return (Figure("inception_score", value, (value - reach, value + reach), method, "real", len(samples)),)


def score(probabilities: Tensor) -> float:
    """Return exp of the mean of KL(p_i ‖ mean of p), of probabilities (n, k); 0 log 0 is 0.

    >>> round(score(torch.eye(3)), 12), score(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    (3.0, 1.0)
    """
    p = probabilities.to(torch.float64)
    divergence = torch.special.xlogy(p, p) - torch.special.xlogy(p, p.mean(0))
    return math.exp(float(divergence.sum(1).mean()))
