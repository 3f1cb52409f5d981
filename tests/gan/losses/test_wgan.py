"""The critic's difference, and the distance that it is."""

from __future__ import annotations

import torch

from sparring.registry import parse

S = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])


def test_values():
    """G19: the critic wants real scores up, generated ones down; the generator the opposite."""
    unit = parse("wgan")
    assert unit.discriminator(S, torch.zeros(5)).tolist() == [2.0, 1.0, 0.0, -1.0, -2.0]
    assert unit.discriminator(torch.zeros(5), S).tolist() == S.tolist()
    assert unit.generator(torch.zeros(5), S).tolist() == [2.0, 1.0, 0.0, -1.0, -2.0]


def test_the_best_critic_of_slope_one_sees_the_distance():
    """Points shifted by 0.7: among linear critics of slope in [−1, 1] the least loss is −0.7."""
    x = torch.rand(100)
    losses = [float(parse("wgan").discriminator(a * (x + 0.7), a * x).mean()) for a in torch.linspace(-1, 1, 21)]
    assert min(losses) == losses[-1]
    torch.testing.assert_close(losses[-1], -0.7, rtol=1e-5, atol=1e-6)


def test_only_differences_of_scores_have_a_meaning():
    real, fake, unit = torch.randn(7).double(), torch.randn(7).double(), parse("wgan")
    torch.testing.assert_close(unit.discriminator(real + 5, fake + 5), unit.discriminator(real, fake))
    assert unit.middle is None
