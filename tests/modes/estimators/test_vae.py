"""It learns where data are and how far they scatter, and leaves random numbers as found."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.modes.estimators.vae import Vae, _bound


def test_one_normal_mode_is_learned_with_its_noise() -> None:
    """x = 0.5 + (u, u) / 10 + e / 50: one direction for the code, the rest for the noise."""
    generator = torch.Generator().manual_seed(0)
    u, e = torch.randn(2000, 1, generator=generator), torch.randn(2000, 2, generator=generator)
    x = (0.5 + 0.1 * u + 0.02 * e).clamp(0, 1)
    before = torch.get_rng_state()
    made = Vae(latent=2, hidden=32, steps=800, batch_size=32, lr=1e-2).fit(Dataset(x))(4000, 0)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.allclose(made.mean(0), x.mean(0), atol=0.01)
    assert torch.allclose(made.T.cov(), x.T.cov(), rtol=0.25)
    across = (made[:, 0] - made[:, 1]).std().item()
    assert abs(across - 0.02 * 2**0.5) < 0.01


def test_what_is_made_small_is_the_bound_of_the_formula() -> None:
    """−log N(x; f(z), σ) and the divergence, by torch's own: sums over coordinates, a mean over samples."""
    draw = torch.Generator().manual_seed(0)
    x, made, mean, log_spread = (torch.randn(7, d, generator=draw) for d in (3, 3, 2, 2))
    log_noise = torch.tensor([-1.0, 0.0, 0.5])
    likelihood = Normal(made, log_noise.exp()).log_prob(x).sum(1) + 1.5 * math.log(2 * math.pi)
    distance = kl_divergence(Normal(mean, log_spread.exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(_bound(x, made, log_noise, mean, log_spread), (distance - likelihood).mean())


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="expected lr of vae > 0"):
        Vae(lr=0)
