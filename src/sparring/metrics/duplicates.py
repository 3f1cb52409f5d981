"""Copies: pictures that look alike inside the samples, and samples that look like a training image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sparring.audit.statistics import clopper_pearson
from sparring.errors import InputError
from sparring.metrics._figure import Figure
from sparring.metrics._hash import close_to_any, perceptual_hash
from sparring.metrics.base import Metric, Needs, Seen


@dataclass(frozen=True)
class Duplicates(Metric):
    """Count samples that look like another sample, and samples that look like a training image, by perceptual hash.

    `duplicates`: the share of samples with another sample whose 64-bit hash differs in at most `bits` places. `copies`:
    the share with such a training image. Small pictures of simple things look alike by chance, so what to aim at is
    what real data get, beside it; both grow with n.

    Fields: `bits` in 0..20 that may differ.
    Interval: Clopper and Pearson's over samples.

    Cost: 70,000 (n + m) operations for the hashes, 128 n (n + m) for comparing.
    Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions". **Differs**: see
    `metrics.perceptual_hash`.

    >>> import torch
    >>> x = torch.randint(0, 256, (6, 1, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    >>> seen, train = Seen(torch.zeros(4, 1), images=x[[0, 0, 1, 2]]), Seen(torch.zeros(4, 1), images=x[[2, 3, 4, 5]])
    >>> [figure.value for figure in Duplicates()(seen, train)]
    [0.5, 0.25]
    """

    cites = ("zauner2010",)
    figures: ClassVar[tuple[str, ...]] = ("duplicates", "copies")
    needs: ClassVar[Needs] = "images"
    against: ClassVar[Literal["nothing", "real", "train"]] = "train"
    bits: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= 20:
            raise InputError(f"expected bits in 0..20, got {self.bits}")

    def measure(self, samples: Seen, real: Seen, seed: int) -> tuple[Figure, ...]:
        """Return both shares with their intervals."""
        assert samples.images is not None
        assert real.images is not None  # the call has seen to both
        if samples.images.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for {self}, got shape {tuple(samples.images.shape)}")
        own, others = perceptual_hash(samples.images), perceptual_hash(real.images)
        n, m = len(samples), len(real)
        counts = (
            ("duplicates", int(close_to_any(own, None, self.bits).sum()), 0),
            ("copies", int(close_to_any(own, others, self.bits).sum()), m),
        )
        return tuple(
            Figure(name, count / n, clopper_pearson(count, n), "Clopper and Pearson", "real", n, against, "share")
            for name, count, against in counts
        )
