"""Mean and covariance of features that stream by, in float64: no batch is kept, and none counts differently."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.types import Features


class Moments:
    """The first two moments of all features seen so far, for whoever measures more of them than fit into memory.

    μ ← μ + (n_b / n)(μ_b − μ);  M ← M + M_b + (n_a n_b / n)(μ_b − μ)(μ_b − μ)ᵀ, with M the sum of squares about the
    mean: what comes out is that of all rows at once, whatever the batches, to rounding (G7).

    Fields:
        n: rows seen.
        mean: μ, (d,) float64.
        scatter: M, (d, d) float64.

    Cost: 2 n d² operations; d² numbers of memory.
    Source: Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm", eq. 2.1. **Differs**: nothing.

    >>> seen = Moments().update(torch.tensor([[0.0], [1.0]])).update(torch.tensor([[5.0]]))
    >>> seen.n, float(seen.mean), float(seen.covariance)
    (3, 2.0, 7.0)
    """

    n: int
    mean: Tensor
    scatter: Tensor

    def __init__(self) -> None:
        self.n, self.mean, self.scatter = 0, torch.empty(0), torch.empty(0)

    def update(self, batch: Features) -> Moments:
        """Take in rows (n, d) of any float type, and return these moments."""
        if batch.ndim != 2 or not len(batch):
            raise InputError(f"expected features (n, d) with n >= 1, got shape {tuple(batch.shape)}")
        rows = batch.detach().to(torch.float64)
        if not bool(rows.isfinite().all()):
            raise InputError("expected finite features, got NaN or inf: look at the images and the feature network")
        mean = rows.mean(0)
        self._join(len(rows), mean, square(rows - mean))
        return self

    def merge(self, other: Moments) -> Moments:
        """Take in what others have seen, such as another process, and return these moments."""
        if other.n:
            self._join(other.n, other.mean, other.scatter.clone())
        return self

    def _join(self, n: int, mean: Tensor, scatter: Tensor) -> None:
        if not self.n:
            self.n, self.mean, self.scatter = n, mean.clone(), scatter
            return
        if mean.shape != self.mean.shape:
            raise InputError(f"expected features of {len(self.mean)} columns as before, got {len(mean)}")
        total, apart = self.n + n, mean - self.mean
        self.scatter += scatter
        self.scatter.addr_(apart, apart, alpha=self.n * n / total)
        self.mean = self.mean + (n / total) * apart
        self.n = total

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance M / (n − 1), (d, d): one degree of freedom is the mean's (G4)."""
        if self.n < 2:
            raise InputError(f"expected at least 2 samples for a covariance, got {self.n}")
        return self.scatter / (self.n - 1)


def square(rows: Tensor) -> Tensor:
    """Return RᵀR of rows (n, d): numpy computes one triangle of it only, in half the time of a product."""
    if rows.device.type != "cpu":
        return rows.T @ rows
    array = rows.numpy()
    return torch.from_numpy(array.T @ array)
