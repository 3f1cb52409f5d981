"""Where the slope is taken, and how it counts."""

from __future__ import annotations

import torch

from sparring.registry import parse


def test_it_looks_at_real_images_alone(moment):
    """D(x) = ½ ‖x‖² has the slope x: (γ / 2) ‖x‖² at real images."""
    x, fake = torch.rand(6, 4), torch.rand(6, 4)
    got = parse("r1(gamma=3)").value(lambda x: x.square().sum(1) / 2, x, fake, moment(x))
    torch.testing.assert_close(got, 1.5 * x.square().sum(1))


def test_it_pulls_a_linear_discriminator_to_zero():
    """Its gradient is γ a, as of a decay of weights."""
    a = torch.randn(5, requires_grad=True)
    (slope,) = torch.autograd.grad(parse("r1(gamma=3)").of(a.expand(7, 5)).mean(), a)
    torch.testing.assert_close(slope, 3 * a)
