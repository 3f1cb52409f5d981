"""The value of the first GAN, its best discriminator, and the slope that dies."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.registry import parse


def leaf(value):
    return torch.tensor([value], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(("real", "fake"), [(-2, 2), (-1, 0), (0, 0), (1, -1), (2, -2)])
def test_values(real, fake):
    """−log D(x) − log(1 − D(G(z))), and log(1 − D(G(z))) for the generator."""
    d = lambda s: 1 / (1 + math.exp(-s))  # noqa: E731
    r, f = torch.tensor([float(real)]).double(), torch.tensor([float(fake)]).double()
    unit = parse("minimax")
    assert unit.discriminator(r, f).item() == pytest.approx(-math.log(d(real)) - math.log(1 - d(fake)), rel=1e-12)
    assert unit.generator(r, f).item() == pytest.approx(math.log(1 - d(fake)), rel=1e-12)
    smooth = -0.9 * math.log(d(real)) - 0.1 * math.log(1 - d(real)) - math.log(1 - d(fake))
    assert parse("minimax(smoothing=0.1)").discriminator(r, f).item() == pytest.approx(smooth, rel=1e-12)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
@pytest.mark.parametrize("alpha", [1.0, 0.9, 0.7])
def test_the_best_discriminator_of_known_densities(name, alpha):
    """G17: α p / (p + q), found by descent on five points with densities p and q."""
    p, q = torch.tensor([0.4, 0.3, 0.2, 0.1, 0.0]).double(), torch.tensor([0.1, 0.1, 0.2, 0.3, 0.3]).double()
    unit, nothing = parse(f"{name}(smoothing={round(1 - alpha, 1)})"), torch.zeros(5, dtype=torch.float64)
    s = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([s], max_iter=300, tolerance_grad=1e-12, tolerance_change=1e-16)

    def closure():
        optimizer.zero_grad()
        # A loss of pairs is a sum of a part of real and one of generated scores: each is weighed by its density.
        loss = (p * unit.discriminator(s, nothing) + q * unit.discriminator(nothing, s)).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(s.detach()[:4].sigmoid(), (alpha * p / (p + q))[:4], rtol=1e-5, atol=1e-6)
    assert float(s.detach()[4].sigmoid()) < 1e-4


def test_the_generators_slope_vanishes_where_the_discriminator_is_sure():
    """G18: as D(G(z)) → 0."""
    for score, slope in ((-30.0, -math.exp(-30)), (-10.0, -1 / (1 + math.exp(10))), (30.0, -1.0)):
        fake = leaf(score)
        (got,) = torch.autograd.grad(parse("minimax").generator(fake, fake).sum(), fake)
        assert got.item() == pytest.approx(slope, rel=1e-9)


def test_it_is_one_value_that_both_play_for():
    """The sum of the two losses does not depend on generated images."""
    real, fake = torch.randn(4).double(), torch.randn(4).double()
    unit = parse("minimax")
    total = unit.discriminator(real, fake) + unit.generator(real, fake)
    torch.testing.assert_close(total, torch.nn.functional.softplus(-real))
