"""The generator's slope is full where the discriminator is sure."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from sparring.registry import parse


def test_it_is_torchs_cross_entropy_of_logits():
    real, fake = torch.randn(50).double() * 5, torch.randn(50).double() * 5
    one, zero = torch.ones(50).double(), torch.zeros(50).double()
    bce = lambda s, target: F.binary_cross_entropy_with_logits(s, target, reduction="none")  # noqa: E731
    unit = parse("non_saturating(smoothing=0.1)")
    torch.testing.assert_close(unit.discriminator(real, fake), bce(real, 0.9 * one) + bce(fake, zero))
    torch.testing.assert_close(unit.generator(real, fake), bce(fake, one))


@pytest.mark.parametrize(("score", "slope"), [(-30.0, -1.0), (0.0, -0.5), (30.0, -math.exp(-30))])
def test_the_generators_slope_does_not_vanish(score, slope):
    """G18: −1 as D(G(z)) → 0, where minimax has none."""
    fake = torch.tensor([score], dtype=torch.float64, requires_grad=True)
    (got,) = torch.autograd.grad(parse("non_saturating").generator(fake, fake).sum(), fake)
    assert got.item() == pytest.approx(slope, rel=1e-9)


def test_its_discriminator_is_that_of_minimax():
    real, fake = torch.randn(9), torch.randn(9)
    for fields in ("", "(smoothing=0.2)"):
        one, two = (parse(name + fields).discriminator(real, fake) for name in ("non_saturating", "minimax"))
        assert torch.equal(one, two)
