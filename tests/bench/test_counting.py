"""The wrapper counts what passed through it, no more and no less (T36)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.attacks import attack
from sparring.bench._plain import plain_pgd
from sparring.bench.counting import Counting


def test_forwards_and_backwards_are_counted_apart() -> None:
    net = Counting(nn.Linear(3, 2))
    with torch.no_grad():
        net(torch.zeros(5, 3))
    assert (net.forwards, net.backwards) == (5, 0)
    x = torch.zeros(4, 3, requires_grad=True)
    logits = net(x)
    assert (net.forwards, net.backwards) == (9, 0)
    torch.autograd.grad(logits[:, 0].sum(), x, retain_graph=True)
    torch.autograd.grad(logits[:, 1].sum(), x)
    assert (net.forwards, net.backwards) == (9, 8)


def test_it_changes_no_answer_and_no_mode() -> None:
    inner = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5)).eval()
    net = Counting(inner)
    x = torch.rand(4, 3)
    assert not net.training
    assert torch.equal(net(x), inner(x))


def test_the_plain_loop_costs_its_steps() -> None:
    net = Counting(nn.Linear(3, 2).requires_grad_(False)).eval()
    x = torch.rand(6, 3)
    z = plain_pgd(net, x, torch.zeros(6, dtype=torch.int64), 0.1, 7, 0.05)
    assert (net.forwards, net.backwards) == (42, 42)
    assert (z - x).abs().max() <= 0.1 + 1e-6
    assert z.min() >= 0
    assert z.max() <= 1


def test_the_plain_loop_goes_uphill() -> None:
    """A linear model is broken exactly when its margin is smaller than ε · ‖w‖₁: a wrong sign would break none."""
    net = nn.Linear(3, 2).requires_grad_(False)
    net.weight.copy_(torch.tensor([[1.0, -1.0, 0.5], [0.0, 0.0, 0.0]]))
    net.bias.zero_()
    x = torch.full((2, 3), 0.5) + torch.tensor([[0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
    y = torch.zeros(2, dtype=torch.int64)
    z = plain_pgd(net, x, y, 0.15, 20, 0.02)
    assert net(z).argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize("text", ["pgd(steps=5)", "deepfool", "fmn(steps=6)"])
def test_the_wrapper_and_the_ledger_agree(text: str) -> None:
    """Two books kept apart, of the same run."""
    torch.manual_seed(0)
    net = Counting(nn.Sequential(nn.Flatten(), nn.Linear(16, 3))).eval()
    x = torch.rand(9, 1, 4, 4)
    with torch.no_grad():
        y = net.model(x).argmax(1)
    found = attack(net, x, y, text, "l2(0.3)", fast=False)
    assert int(found.forwards.sum()) == net.forwards
    assert int(found.backwards.sum()) == net.backwards
