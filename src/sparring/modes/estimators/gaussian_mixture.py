"""Several normal distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from sparring.data import Dataset
from sparring.modes.estimators.base import Estimator, Sampler, check_counts, images, rows, stream
from sparring.types import Images

MOST = 10_000


@dataclass(frozen=True)
class GaussianMixture(Estimator):
    """Σ_k π_k N(μ_k, diag σ_k²), fitted by expectation and maximization from the centers that k-means finds.

    Where modes are normal and few, nothing can beat it; it knows what a GAN has to find out.

    Fields: `components` ≥ 1.

    Raises: InputError when scikit-learn is not installed.

    Cost: up to 100 rounds over at most 10,000 samples.

    Source: Dempster, Laird and Rubin 1977; as a row of tables of GANs, Richardson and Weiss 2018, arXiv 1805.12462.
    **Differs**: scikit-learn's, with diagonal covariances in place of factor analyzers.

    >>> data = Dataset(torch.tensor([[0.2]] * 50 + [[0.8]] * 50))
    >>> (GaussianMixture(components=2).fit(data)(100, 0) - 0.5).abs().mul(10).round().unique().tolist()
    [3.0]
    """

    cites = ("richardson2018",)
    sklearn: ClassVar[bool] = True
    components: int = 50

    def __post_init__(self) -> None:
        check_counts(self, components=self.components)

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Fit scikit-learn's mixture."""
        self.check()
        from sklearn.mixture import GaussianMixture as Mixture

        x = rows(data, MOST, seed)
        found = Mixture(
            min(self.components, len(torch.unique(x, dim=0))), covariance_type="diag", reg_covar=1e-7,
            random_state=seed % 2**32,
        ).fit(x.double().numpy())  # fmt: skip
        weights, means, spread = (torch.tensor(each) for each in (found.weights_, found.means_, found.covariances_))

        def sample(n: int, seed: int) -> Images:
            generator = stream(seed, "mixture")
            part = torch.multinomial(weights, n, replacement=True, generator=generator)
            noise = torch.randn(n, means.shape[1], generator=generator, dtype=torch.float64)
            return images(means[part] + spread[part].sqrt() * noise, data.shape)

        return sample
