"""Errors, the balance between them, and where it comes to rest."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse


def test_values():
    """Scores are minus errors: e − k e' for the discriminator, e' for the generator."""
    real, fake, unit = torch.tensor([-0.4, -0.2]), torch.tensor([-0.3, -0.1]), parse("began")
    k = torch.tensor(0.25)
    torch.testing.assert_close(unit.balanced(real, fake, k), torch.tensor([0.4 - 0.075, 0.2 - 0.025]))
    torch.testing.assert_close(unit.generator(real, fake), torch.tensor([0.3, 0.1]))
    torch.testing.assert_close(unit.discriminator(real, fake), unit.balanced(real, fake, torch.zeros(())))


def test_the_balance_moves_by_the_formula_and_stays_in_its_range():
    """k + λ (γ e − e')."""
    unit = parse("began(gamma=0.5, rate=0.1)")
    k = unit.rebalance(torch.tensor(-0.4), torch.tensor(-0.1), torch.tensor(0.3))
    assert k.item() == pytest.approx(0.3 + 0.1 * (0.5 * 0.4 - 0.1))
    assert unit.rebalance(torch.tensor(-9.0), torch.tensor(-0.1), torch.tensor(0.9)).item() == 1
    assert unit.rebalance(torch.tensor(-0.1), torch.tensor(-9.0), torch.tensor(0.1)).item() == 0


def test_at_equilibrium_the_balance_rests():
    """e' = γ e."""
    k = torch.tensor(0.4)
    assert parse("began(gamma=0.5)").rebalance(torch.tensor(-0.5), torch.tensor(-0.25), k).item() == k.item()


def test_other_losses_carry_no_balance():
    real, fake, k = torch.randn(3), torch.randn(3), torch.tensor(0.7)
    unit = parse("hinge")
    assert torch.equal(unit.balanced(real, fake, k), unit.discriminator(real, fake))
    assert unit.rebalance(real.mean(), fake.mean(), k) is k


def test_bad_fields():
    for text in ("began(gamma=0)", "began(gamma=1.5)", "began(rate=0)"):
        with pytest.raises(InputError, match="gamma of began"):
            parse(text)
