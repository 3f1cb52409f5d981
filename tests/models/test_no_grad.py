"""Logits without a graph."""

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.models.no_grad import NoGrad


def test_the_logits_are_those_of_the_net(fooled):
    net, x, _, _ = fooled
    assert torch.equal(NoGrad().wrap(net)(x), net(x))


def test_T33_a_gradient_attack_says_that_it_cannot(fooled):
    net, x, y, _ = fooled
    with pytest.raises(InputError, match="expected a model with gradients"):
        sparring.attack(NoGrad().wrap(net), x, y, "pgd", "linf(0.1)")


def test_its_own_state_is_left():
    assert torch.is_grad_enabled()
    NoGrad().build((1, 8, 8), 2)(torch.rand(1, 1, 8, 8))
    assert torch.is_grad_enabled()
