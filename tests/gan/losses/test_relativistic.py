"""Pairs: values, the swap, and what a pairing changes."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.registry import parse


@pytest.mark.parametrize("gap", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_values(gap):
    real, fake = torch.tensor([3.0 + gap]).double(), torch.tensor([3.0]).double()
    assert parse("relativistic").discriminator(real, fake).item() == pytest.approx(math.log1p(math.exp(-gap)))


def test_each_loss_is_the_other_with_its_arguments_swapped():
    """G20."""
    real, fake, unit = torch.randn(20), torch.randn(20), parse("relativistic")
    assert torch.equal(unit.discriminator(real, fake), unit.generator(fake, real))


def test_another_pairing_changes_the_value_and_not_the_mean_over_all():
    """G20: the mean over all n! pairings is the mean over all n² pairs; any one of them differs from it."""
    real, fake, unit = torch.randn(6).double(), torch.randn(6).double(), parse("relativistic")
    everyone = unit.discriminator(real.repeat_interleave(6), fake.repeat(6)).mean()
    shifts = torch.stack([unit.discriminator(real, fake.roll(i)).mean() for i in range(6)])  # each pair once
    torch.testing.assert_close(shifts.mean(), everyone)
    assert shifts.std() > 1e-3


def test_the_slope_pulls_a_pair_together_and_lives_on():
    """However far behind a generated image is, its slope is full; G18 for pairs."""
    real, fake = torch.tensor([0.0, 0.0]).double(), torch.tensor([-30.0, 30.0]).double().requires_grad_()
    (slope,) = torch.autograd.grad(parse("relativistic").generator(real, fake).sum(), fake)
    assert slope.tolist() == pytest.approx([-1.0, -math.exp(-30)])
