"""How many samples are new, and not copies of what the generator was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sparring.audit.statistics import clopper_pearson
from sparring.metrics._figure import Figure
from sparring.metrics._nearest import within
from sparring.metrics.base import Metric, Seen


@dataclass(frozen=True)
class Authenticity(Metric):
    """Measure which share of samples is not closer to a training image than that is to its nearest other.

    Sample y, its nearest training image x_i, and the nearest other x_j of that: authentic if ‖y − x_i‖ > ‖x_i − x_j‖.
    Near 0 for copies; for new images of the same kind it is what real data get, beside it, often below one half.

    Interval: Clopper and Pearson's over samples.

    Cost: 2 (m² + n m) d operations, in blocks of 1,000 rows.
    Source: Alaa et al. 2022, arXiv 2102.08921, authenticity. **Differs**: nothing.

    >>> import torch
    >>> x = torch.tensor([[0.0], [1.0], [5.0]])
    >>> [Authenticity()(Seen(torch.tensor([[y]])), Seen(x))[0].value for y in (5.0, 8.0, 10.0)]
    [0.0, 0.0, 1.0]
    """

    cites = ("alaa2022",)
    figures: ClassVar[tuple[str, ...]] = ("authenticity",)
    against: ClassVar[Literal["nothing", "real", "train"]] = "train"

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return the share with its interval."""
        distance, which = samples.nearest(real)
        count = int(within(real.radius(1)[which], distance).sum())
        n = len(samples)
        interval = clopper_pearson(count, n)
        return (Figure("authenticity", count / n, interval, "Clopper and Pearson", "real", n, len(real), "share"),)
