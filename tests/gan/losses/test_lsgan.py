"""Squares, with their constants and signs."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse

S = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])


def test_values():
    """G19."""
    unit, zero = parse("lsgan"), torch.zeros(5)
    assert unit.discriminator(S, zero).tolist() == [4.5, 2.0, 0.5, 0.0, 0.5]
    assert unit.discriminator(torch.ones(5), S).tolist() == [2.0, 0.5, 0.0, 0.5, 2.0]
    assert unit.generator(zero, S).tolist() == [4.5, 2.0, 0.5, 0.0, 0.5]
    assert parse("lsgan(goal=0.5)").generator(zero, S).tolist() == [3.125, 1.125, 0.125, 0.125, 1.125]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_best_discriminator_of_known_densities(smoothing):
    """b p / (p + q), where the slope is zero (G17)."""
    p, q = torch.tensor([0.4, 0.1]).double(), torch.tensor([0.1, 0.3]).double()
    s = ((1 - smoothing) * p / (p + q)).requires_grad_()
    unit, zero = parse(f"lsgan(smoothing={smoothing})"), torch.zeros(2).double()
    loss = (p * unit.discriminator(s, zero) + q * unit.discriminator(zero, s)).sum()
    assert torch.autograd.grad(loss, s)[0].abs().max() < 1e-12


def test_no_slope_dies():
    fake = torch.tensor([-30.0], requires_grad=True)
    assert torch.autograd.grad(parse("lsgan").generator(fake, fake).sum(), fake)[0].item() == -31


def test_the_papers_other_constants_are_the_same_game():
    """(s + 1)², (s − 1)² and s² at a score of −1 ... 1 are 4 times ours at (s + 1) / 2, with goal one half."""
    real, fake = torch.randn(6).double(), torch.randn(6).double()
    unit = parse("lsgan(goal=0.5)")
    torch.testing.assert_close(
        4 * unit.discriminator((real + 1) / 2, (fake + 1) / 2), ((real - 1) ** 2 + (fake + 1) ** 2) / 2
    )
    torch.testing.assert_close(4 * unit.generator(real, (fake + 1) / 2), fake**2 / 2)


def test_bad_fields():
    with pytest.raises(InputError, match=r"goal of lsgan in \(0, 1\]"):
        parse("lsgan(goal=0)")
