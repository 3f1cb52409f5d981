"""A variational autoencoder."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.modes.estimators.base import Estimator, Sampler, check_counts, images, stream
from sparring.types import Images

NOISE = 0.02
"""σ at the start, for data in [0, 1]."""


@dataclass(frozen=True)
class Vae(Estimator):
    """x = f(z) + σ ε with z standard normal, fitted by a bound on the likelihood with an encoder q(z | x).

    −log p(x) ≤ E_q Σ_i [(x_i − f_i(z))² / 2σ_i² + log σ_i] + KL(q ‖ N(0, I)) + const. Samples have the
    noise σ, which is learned for each coordinate: that is what the model says data are. It begins small, as the code is
    ignored for good where noise explains the data first.

    Fields:
        latent: ≥ 1, length of z.
        hidden: ≥ 1 units of each of the two hidden layers, in both nets.
        steps: ≥ 1 batches.
        batch_size: ≥ 1 samples each.
        lr: learning rate of Adam > 0, falling to zero in a line.

    Cost: `steps` forwards and backwards of both nets.

    Source: Kingma and Welling 2014, arXiv 1312.6114, eq. 7 and 10. **Differs**: σ is learned (Rybkin et al. 2021, arXiv
    2006.13202); leaky ReLU.

    >>> data = Dataset(torch.full((64, 2), 0.25))
    >>> Vae(latent=2, hidden=16, steps=200).fit(data)(8, 0).shape
    torch.Size([8, 2])
    """

    cites = ("kingma2014",)
    latent: int = 8
    hidden: int = 256
    steps: int = 4000
    batch_size: int = 256
    lr: float = 1e-3

    def __post_init__(self) -> None:
        check_counts(self, latent=self.latent, hidden=self.hidden, steps=self.steps, batch_size=self.batch_size)
        if not self.lr > 0:
            raise InputError(f"expected lr of vae > 0, got {self.lr}")

    def fit(self, data: Dataset, seed: int = 0) -> Sampler:
        """Train both nets, and keep the decoder."""
        width = math.prod(data.shape)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = _net(width, self.hidden, 2 * self.latent)
            decoder = _net(self.latent, self.hidden, width)
            log_noise = nn.Parameter(torch.full((width,), math.log(NOISE)))
            self._train(data, encoder, decoder, log_noise, seed)

        def sample(n: int, seed: int) -> Images:
            generator = stream(seed, "vae")
            with torch.no_grad():
                made = decoder(torch.randn(n, self.latent, generator=generator))
                return images(made + log_noise.exp() * torch.randn(n, width, generator=generator), data.shape)

        return sample

    def _train(self, data: Dataset, encoder: nn.Module, decoder: nn.Module, log_noise: Tensor, seed: int) -> None:
        own = [*encoder.parameters(), *decoder.parameters(), log_noise]
        optimizer = torch.optim.Adam(own, lr=self.lr, fused=True)
        generator = stream(seed, "vae batches")
        for step in range(self.steps):
            optimizer.param_groups[0]["lr"] = self.lr * (1 - step / self.steps)
            x = data.images(torch.randint(len(data), (self.batch_size,), generator=generator)).flatten(1)
            mean, log_spread = encoder(2 * x - 1).chunk(2, 1)
            z = mean + log_spread.exp() * torch.randn(mean.shape, generator=generator)
            loss = _bound(x, decoder(z), log_noise, mean, log_spread)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()


def _bound(x: Tensor, made: Tensor, log_noise: Tensor, mean: Tensor, log_spread: Tensor) -> Tensor:
    """Return the mean over samples (n, d) of the bound on −log p(x), but for d/2 log 2π, at a code of each."""
    error = ((x - made) / log_noise.exp()).square() / 2 + log_noise
    distance = (mean.square() + (2 * log_spread).exp()) / 2 - log_spread - 0.5
    return (error.sum(1) + distance.sum(1)).mean()


def _net(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return a perceptron of two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, outputs),
    )  # fmt: skip
