"""Targeted APGD: every likely class in turn, with few classes too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.apgd_t import APGDT
from sparring.errors import InputError


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_finds_all_that_a_linear_model_allows(linear: Callable[..., Any], classes: int) -> None:
    """T1, T2: fewer wrong classes than asked for, and no fourth logit; success just where the exact distance says."""
    problem = linear(classes)
    exact = problem.nearest("linf")
    eps = float(exact.median())
    found = sparring.attack(problem.net, problem.x, problem.y, "apgd_t(steps=30)", f"linf({eps})")
    assert found.success[exact < 0.99 * eps].all()
    assert not found.success[exact > eps * (1 + 1e-5)].any()


def test_tries_classes_that_are_not_the_runner_up() -> None:
    """The runner-up cannot be reached at all, the third class easily: one target finds nothing, two do."""
    net = nn.Linear(2, 3).requires_grad_(False)
    net.weight.copy_(torch.tensor([[0.0, 0.0], [0.0, 0.0], [4.0, 0.0]]))
    net.bias.copy_(torch.tensor([2.0, 1.5, -1.0]))
    x, y = torch.tensor([[0.5, 0.5]]), torch.tensor([0])
    one, two = (
        sparring.attack(net, x, y, f"apgd_t(steps=10, targets={count}, loss=ce)", "linf(0.26)") for count in (1, 2)
    )
    assert not one.success
    assert two.success
    assert int(two.logits.argmax(1)) == 2


def test_no_weaker_than_the_untargeted_loss(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    some, every = (sparring.attack(net, x, y, text, "linf(0.08)") for text in ("apgd(steps=20)", "apgd_t(steps=20)"))
    assert every.robust_accuracy <= some.robust_accuracy


def test_refuses_a_target(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    with pytest.raises(InputError, match="no target"):
        sparring.attack(net, x, y, "apgd_t", "linf(0.1)", targets=(y + 1) % 10)


def test_cost_and_fields(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T2: 4 targets of 9 cost 4 runs; 9 targets of 2 wrong classes cost 2."""
    net, x, y = digits_net
    attack = APGDT(steps=5, targets=4)
    assert attack.passes(10) == 1 + 4 * 11
    assert APGDT(steps=5).passes(3) == 1 + 2 * 11
    found = sparring.attack(net, x[:40], y[:40], attack, "l2(0.00001)", fast=False)
    assert not found.success.any()
    assert (found.forwards + found.backwards <= attack.passes(10) + 3).all()
    assert (found.backwards == 4 * 5).all()
    for text in ("apgd_t(steps=0)", "apgd_t(targets=0)", "apgd_t(rho=2)", "apgd_t(loss=mse)"):
        with pytest.raises(InputError, match="expected"):
            sparring.parse(text)


def test_what_is_hopeless_is_given_up_after_a_scout() -> None:
    """A sample that keeps most of its margin gets the scout alone; one that nearly falls gets all targets."""
    net = torch.nn.Linear(6, 6).requires_grad_(False)
    net.weight.copy_(torch.eye(6)), net.bias.zero_()
    x = torch.full((2, 6), 0.2)
    x[0, 0], x[1, 0] = 0.9, 0.45  # margins 0.7 and 0.25, of which the threat takes 0.2
    y = torch.zeros(2, dtype=torch.int64)
    plain = sparring.attack(net, x, y, "apgd_t(steps=4, targets=5)", "linf(0.1)")
    short = sparring.attack(net, x, y, "apgd_t(steps=4, targets=5, give_up=0.5, scout=3)", "linf(0.1)")
    assert not plain.success.any()
    assert plain.forwards[0] == plain.forwards[1]
    assert short.forwards[1] == plain.forwards[1] + 4
    assert short.forwards[0] == plain.forwards[0] + 4 - 5 * 5
