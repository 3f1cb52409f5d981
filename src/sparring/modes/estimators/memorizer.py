"""Training samples, drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.data import Dataset
from sparring.modes.estimators.base import Estimator, Sampler, stream
from sparring.types import Images


@dataclass(frozen=True)
class Memorizer(Estimator):
    """Draw training samples with replacement: every mode, the right shares, and nothing new.

    No figure of modes tells it from the truth; it stands in a table to say so.

    Cost: none.

    Source: the bootstrap, Efron 1979; as a row of tables of GANs, Gulrajani, Raffel and Metz 2019, arXiv 2001.03653.
    **Differs**: nothing.

    >>> data = Dataset(torch.tensor([[0.25], [0.75]]))
    >>> Memorizer().fit(data)(50, 0).unique().tolist()
    [0.25, 0.75]
    """

    cites = ("gulrajani2019",)

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Keep the data."""

        def sample(n: int, seed: int) -> Images:
            return data.images(torch.randint(len(data), (n,), generator=stream(seed, "memorizer")))

        return sample
