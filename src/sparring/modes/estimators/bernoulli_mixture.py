"""Several tables of independent bits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data import Dataset
from sparring.modes.estimators._bits import bits_of, from_bits, to_bits
from sparring.modes.estimators.base import Estimator, Sampler, check_counts, images, rows, stream
from sparring.types import Images

MOST, SMALL = 10_000, 1e-3


@dataclass(frozen=True)
class BernoulliMixture(Estimator):
    """p(b) = Σ_k π_k Π_i p_ki^{b_i} (1 − p_ki)^{1 − b_i} of bits b, by expectation and maximization.

    Pictures are one bit a pixel, drawn; points are twelve a coordinate in Gray's code, long vectors eight.

    Fields:
        components: ≥ 1.
        steps: ≥ 1 rounds of expectation and maximization.

    Cost: `steps` rounds over at most 10,000 samples.

    Source: Dempster, Laird and Rubin 1977; of digits, Juan and Vidal 2004. As the opponents of early GANs, Goodfellow
    et al. 2014, arXiv 1406.2661. **Differs**: every probability is at least 0.001 away from 0 and 1.

    >>> data = Dataset(torch.tensor([[0.0, 1.0]] * 9 + [[1.0, 0.0]] * 9).view(-1, 2, 1, 1))
    >>> BernoulliMixture(components=2).fit(data)(200, 0).flatten(1).sum(1).median().item()
    1.0
    """

    cites = ("goodfellow2014",)
    components: int = 50
    steps: int = 50

    def __post_init__(self) -> None:
        check_counts(self, components=self.components, steps=self.steps)

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Fit by expectation and maximization, from random samples that are far from each other."""
        generator, bits = stream(seed, "bernoulli"), bits_of(data.shape)
        code = to_bits(rows(data, MOST, seed), bits, generator)
        count = min(self.components, len(code))
        chance = 0.25 + 0.5 * _far_apart(code, count, generator)
        weights = torch.full((count,), 1 / count)
        for _ in range(self.steps):
            share = torch.softmax(_log_likelihood(code, chance) + weights.log(), 1)
            weights = (share.mean(0)).clamp(min=1e-12)
            chance = (share.T @ code / share.sum(0)[:, None].clamp(min=1e-6)).clamp(SMALL, 1 - SMALL)

        def sample(n: int, seed: int) -> Images:
            generator = stream(seed, "bernoulli samples")
            part = torch.multinomial(weights, n, replacement=True, generator=generator)
            drawn = (torch.rand(n, chance.shape[1], generator=generator) < chance[part]).float()
            return images(from_bits(drawn, bits, generator), data.shape)

        return sample


def _far_apart(code: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return so many samples, each drawn by its squared distance to the nearest one before it, as k-means++ does."""
    chosen = [int(torch.randint(len(code), (), generator=generator))]
    nearest = torch.full((len(code),), float("inf"))
    for _ in range(count - 1):
        nearest = torch.minimum(nearest, (code - code[chosen[-1]]).square().sum(1))
        odds = nearest if bool(nearest.any()) else torch.ones_like(nearest)
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return code[chosen]


def _log_likelihood(code: Tensor, chance: Tensor) -> Tensor:
    """Return log p(b | k), (n, K)."""
    return code @ (chance.log() - torch.log1p(-chance)).T + torch.log1p(-chance).sum(1)
