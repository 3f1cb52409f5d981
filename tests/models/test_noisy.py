"""Noise at test time."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.noisy import Noise, Noisy


def test_T32_the_noise_has_the_deviation_asked_for_and_no_mean():
    x = torch.full((100, 1, 10, 10), 0.5)
    noise = Noise(0.1)(x) - x
    assert noise.std().item() == pytest.approx(0.1, rel=0.03)
    assert abs(noise.mean().item()) < 0.004


def test_the_gradient_passes_unchanged():
    x = torch.rand(2, 3, requires_grad=True)
    Noise(0.3)(x).sum().backward()
    assert torch.equal(x.grad, torch.ones(2, 3))


def test_no_noise_is_refused():
    with pytest.raises(InputError, match="sigma of noisy > 0"):
        Noisy(sigma=0.0)
