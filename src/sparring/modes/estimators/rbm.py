"""A restricted Boltzmann machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from sparring.data import Dataset
from sparring.modes.estimators._bits import bits_of, from_bits, to_bits
from sparring.modes.estimators.base import Estimator, Sampler, check_counts, images, rows, stream
from sparring.types import Images

MOST = 10_000


@dataclass(frozen=True)
class Rbm(Estimator):
    """p(b, h) ∝ exp(aᵀb + cᵀh + bᵀWh) of bits b, trained by persistent contrastive divergence, sampled by Gibbs.

    Bits are as in `bernoulli_mixture`. Every sample is the end of a chain of its own that begins with random bits.

    Fields:
        hidden: ≥ 1 units h.
        epochs: ≥ 1 passes over the data.
        gibbs: ≥ 1 steps of a chain.

    Raises: InputError when scikit-learn is not installed.

    Cost: `epochs` passes over at most 10,000 samples; `gibbs` products with W for a sample.

    Source: Smolensky 1986; Tieleman 2008 (persistent contrastive divergence). As the opponents of early GANs,
    Goodfellow et al. 2014, arXiv 1406.2661. **Differs**: scikit-learn's.

    >>> data = Dataset(torch.ones(64, 1, 2, 2))
    >>> Rbm(hidden=4, epochs=30).fit(data)(20, 0).mean().item() > 0.8
    True
    """

    cites = ("goodfellow2014",)
    sklearn: ClassVar[bool] = True
    hidden: int = 128
    epochs: int = 30
    gibbs: int = 500

    def __post_init__(self) -> None:
        check_counts(self, hidden=self.hidden, epochs=self.epochs, gibbs=self.gibbs)

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Train scikit-learn's machine."""
        self.check()
        from sklearn.neural_network import BernoulliRBM

        bits = bits_of(data.shape)
        code = to_bits(rows(data, MOST, seed), bits, stream(seed, "rbm"))
        machine = BernoulliRBM(self.hidden, learning_rate=0.05, n_iter=self.epochs, random_state=seed % 2**32)
        machine.fit(code.numpy())
        found = machine.components_, machine.intercept_visible_, machine.intercept_hidden_
        weight, visible, hidden = (torch.tensor(each, dtype=torch.float32) for each in found)

        def sample(n: int, seed: int) -> Images:
            generator = stream(seed, "gibbs")
            drawn = torch.randint(0, 2, (n, len(visible)), generator=generator).float()
            for _ in range(self.gibbs):
                up = torch.sigmoid(drawn @ weight.T + hidden)
                drawn_up = (torch.rand(up.shape, generator=generator) < up).float()
                down = torch.sigmoid(drawn_up @ weight + visible)
                drawn = (torch.rand(down.shape, generator=generator) < down).float()
            return images(from_bits(drawn, bits, generator), data.shape)

        return sample
