"""Margins: values, and no slope beyond them."""

from __future__ import annotations

import torch

from sparring.registry import parse

S = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])


def test_values():
    """G19."""
    unit = parse("hinge")
    assert unit.discriminator(S, torch.full((5,), -9.0)).tolist() == [3.0, 2.0, 1.0, 0.0, 0.0]
    assert unit.discriminator(torch.full((5,), 9.0), S).tolist() == [0.0, 0.0, 1.0, 2.0, 3.0]
    assert unit.generator(torch.zeros(5), S).tolist() == [2.0, 1.0, 0.0, -1.0, -2.0]


def test_the_slope_is_zero_beyond_the_margin_and_one_within():
    """G19."""
    real = torch.tensor([-3.0, 0.5, 1.5], requires_grad=True)
    fake = torch.tensor([3.0, -0.5, -1.5], requires_grad=True)
    up, down = torch.autograd.grad(parse("hinge").discriminator(real, fake).sum(), [real, fake])
    assert up.tolist() == [-1.0, -1.0, 0.0]
    assert down.tolist() == [1.0, 1.0, 0.0]


def test_the_generator_has_no_margin():
    fake = torch.tensor([-30.0, 30.0], requires_grad=True)
    assert torch.autograd.grad(parse("hinge").generator(fake, fake).sum(), fake)[0].tolist() == [-1.0, -1.0]
