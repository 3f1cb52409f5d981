"""One normal distribution."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.data import Dataset
from sparring.modes.estimators.base import Estimator, Sampler, images, rows, stream
from sparring.types import Images

MOST = 100_000


@dataclass(frozen=True)
class Gaussian(Estimator):
    """The normal distribution N(μ, Σ) of the data's mean and covariance: the best of one mode.

    Samples outside [0, 1] are put at its edge.

    Cost: one eigendecomposition of Σ (d, d).

    Source: maximum likelihood, Fisher 1922; as a row of tables of GANs, Richardson and Weiss 2018, arXiv 1805.12462.
    **Differs**: Σ has n − 1 in its denominator; at most 100,000 samples are looked at.

    >>> data = Dataset(torch.rand(5000, 1, generator=torch.Generator().manual_seed(0)) / 2)
    >>> round(Gaussian().fit(data)(5000, 1).mean().item(), 2)
    0.25
    """

    cites = ("richardson2018",)

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Take mean and covariance."""
        x = rows(data, MOST, seed).double()
        mean = x.mean(0)
        values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean) / max(1, len(x) - 1))
        root = vectors * values.clamp(min=0).sqrt()

        def sample(n: int, seed: int) -> Images:
            z = torch.randn(n, len(mean), generator=stream(seed, "gaussian"), dtype=torch.float64)
            return images(mean + z @ root.T, data.shape)

        return sample
