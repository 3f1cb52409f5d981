"""Attacks through another view of a model: the view shows the way, the judge alone decides."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.core.twin import Twin
from sparring.victims.adapted import Adapted
from sparring.victims.base import ACCESS
from sparring.victims.views import Averaged

Digits = tuple[nn.Module, Tensor, Tensor]


def locked(net: nn.Module) -> nn.Module:
    """A net whose gradient is zero, and whose answer is exact."""

    class Locked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x.round(decimals=3)).softmax(1).round(decimals=6)

    return Locked()


def test_t33_through_a_view_an_attack_finds_what_the_model_hides(digits_net: Digits) -> None:
    """T33: nothing through the model itself, everything through the net inside it."""
    net, x, y = digits_net
    model, x, y = locked(net), x[:40], y[:40]
    method, threat = "pgd(steps=20, loss='margin')", "linf(0.3)"
    with pytest.warns(sparring.errors.SparringWarning):
        before = sparring.attack(model, x, y, method, threat, fast=False, allow_probabilities=True)
    after = sparring.attack(Adapted(model, model, net), x, y, method, threat, allow_probabilities=True)
    assert before.success.double().mean() <= 0.1
    assert after.success.double().mean() >= 0.95
    assert torch.equal(model(after.images).argmax(1) != y, after.success), "the model itself confirms"


def test_what_the_judge_does_not_confirm_is_no_success(digits_net: Digits) -> None:
    """A view that sees another class everywhere fools nobody."""
    net, x, y = digits_net

    class Shifted(nn.Module):
        def forward(self, z: Tensor) -> Tensor:
            return net(z).roll(1, 1)

    found = sparring.attack(Adapted(net, net, Shifted()), x[:20], y[:20], "pgd(steps=3)", "linf(0.001)")
    assert not found.success.any()
    assert found.clean_correct.all()
    assert torch.equal(found.logits_before, net(x[:20]))


def test_without_a_better_gradient_there_is_no_second_round(digits_net: Digits) -> None:
    """The judge is asked to confirm, never for gradients: it may have none."""
    net, x, y = digits_net
    asked: list[bool] = []

    def judge(z: Tensor) -> Tensor:
        asked.append(z.requires_grad or torch.is_grad_enabled())
        return net(z)

    victim = Adapted(net, judge, net)
    found = sparring.attack(victim, x[:20], y[:20], "pgd(steps=5)", "linf(0.2)")
    assert found.success.any()
    assert asked
    assert not any(asked)
    assert victim.repairs is False
    assert victim.access == ACCESS[-1]


def test_the_owner_is_left_as_it_was(digits_net: Digits) -> None:
    _, x, y = digits_net
    owner = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).train()
    owner[0].eval()
    sparring.attack(Adapted(owner, owner, owner), x[:4], y[:4], "pgd(steps=2)", "linf(0.1)")
    assert [module.training for module in owner.modules()] == [True, False, True]
    assert all(p.requires_grad and p.grad is None for p in owner.parameters())


def test_the_twin_is_of_the_view_is_made_once_and_goes_inside_what_is_around(digits_net: Digits) -> None:
    net, x, _ = digits_net
    victim = Adapted(net, net, net, around=lambda twin: Averaged(twin, 3))
    with victim.frozen():
        first = victim.swift(x[:8], net(x[:8]), exact=True)
        checks = victim.checks
        assert checks > 0
        assert victim.swift(x[:8], net(x[:8]), exact=True) is first
        assert victim.checks == checks
    assert isinstance(first, Averaged)
    assert isinstance(first.model, Twin)
    slow = Adapted(net, net, net, fast=False)
    assert slow.swift(x[:8], net(x[:8]), exact=True) is net
    assert slow.checks == 0
