"""A gradient that leads the wrong way."""

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.models.gradient_lock import GradientLock


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0, 3.0])
def test_the_value_is_exact_and_the_slope_is_one_minus_strength(strength, fooled):
    net, x, _, _ = fooled
    x = x[:8].clone().requires_grad_(True)
    locked = GradientLock(strength=strength).wrap(net)(x)
    assert torch.equal(locked, net(x))
    weights = torch.randn(10)
    (slope,) = torch.autograd.grad((locked * weights).sum(), x)
    (plain,) = torch.autograd.grad((net(x) * weights).sum(), x)
    assert torch.allclose(slope, (1 - strength) * plain, atol=1e-5)


def test_one_step_with_the_gradient_helps_the_defender(fooled):
    net, x, y, _ = fooled
    plain, locked = (
        sparring.attack(model, x, y, "fgsm", "linf(0.25)", fast=False).robust_accuracy
        for model in (net, GradientLock().wrap(net))
    )
    assert plain < 0.5
    assert locked > 0.9


def test_no_strength_is_refused():
    with pytest.raises(InputError, match="strength of gradient-lock > 0"):
        GradientLock(strength=0.0)
