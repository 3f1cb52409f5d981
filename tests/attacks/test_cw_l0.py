"""Carlini and Wagner's L0 attack against the exact least counts on linear models."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.cw_l0 import _most
from sparring.errors import InputError
from sparring.threats.l0 import L0


@pytest.mark.parametrize(("classes", "targeted"), [(2, False), (2, True), (3, False), (5, False)])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_finds_the_exact_count(linear: Callable[..., object], classes: int, targeted: bool, biting: bool) -> None:
    problem = linear(classes, biting=biting)
    text = "cw_l0(steps=20)"
    found = sparring.attack(problem.net, problem.x, problem.y, text, targets=problem.targets if targeted else None)
    assert torch.equal(found.distance, problem.nearest("l0", targeted))


@pytest.mark.parametrize(
    ("shape", "bounds", "dtype"),
    [
        pytest.param((16,), (-3.0, 2.0), torch.float32, marks=pytest.mark.slow),
        ((3, 2, 3), (0.0, 255.0), torch.float32),
        ((5,), (0.0, 1.0), torch.float64),
    ],
)
def test_any_shape_bounds_and_precision(
    linear: Callable[..., object], shape: tuple[int, ...], bounds: tuple[float, float], dtype: torch.dtype
) -> None:
    problem = linear(3, shape, bounds=bounds, dtype=dtype)
    found = sparring.attack(problem.net, problem.x, problem.y, "cw_l0(steps=20)", L0(eps=float("inf"), bounds=bounds))
    assert torch.equal(found.distance, problem.nearest("l0"))


@pytest.mark.slow
def test_three_targeted_classes_are_reached(linear: Callable[..., object]) -> None:
    problem = linear(3)
    found = sparring.attack(problem.net, problem.x, problem.y, "cw_l0(steps=20)", targets=problem.targets)
    assert found.success.all()
    assert torch.equal(problem.net(found.images).argmax(1), problem.targets)


def test_freezes_the_least_useful_first() -> None:
    """The paper's rule: out goes the pixel with the least |g_i δ_i| of those in use, and one at least."""
    worth = torch.tensor([[3.0, 1.0, 2.0, 9.0], [3.0, 1.0, 2.0, 9.0]])
    support = torch.tensor([[True, True, True, False], [True, True, True, True]])
    kept = _most(worth, support, torch.tensor([0.01, 0.5]))
    assert kept.tolist() == [[True, False, True, False], [True, False, False, True]]


def test_frozen_pixels_are_the_original_to_the_bit(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "cw_l0(steps=20, search_steps=8)")
    assert found.success.all()
    assert torch.equal((found.images != x[:40]).flatten(1).sum(1).double(), found.distance)
    assert found.distance.median() <= 4  # of 64 pixels; two to four change a digit


def test_a_finite_count_and_a_budget_hold(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T37."""
    net, x, y = digits_net
    attack = sparring.parse("cw_l0(steps=20, search_steps=8)")
    free = sparring.attack(net, x[:30], y[:30], attack)
    held = sparring.attack(net, x[:30], y[:30], attack, "l0(3)")
    assert torch.equal(held.success, free.distance <= 3)
    spent = sparring.attack(net, x[:8], y[:8], attack, fast=False)
    assert int((spent.forwards + spent.backwards).max()) <= 3 + attack.passes(10)
    tight = sparring.attack(net, x[:8], y[:8], attack, budget=41, fast=False)
    assert int((tight.forwards + tight.backwards).max()) <= 41


def test_company_and_order_do_not_matter(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T24, T31."""
    net, x, y = digits_net
    x, y = x[:12].double(), y[:12]
    net = copy.deepcopy(net).double()  # float32 would leave the last bit to the batch size
    whole = sparring.attack(net, x, y, "cw_l0(steps=20, search_steps=4)")
    order = torch.arange(11, -1, -1)
    turned = sparring.attack(net, x[order], y[order], "cw_l0(steps=20, search_steps=4)", batch_size=5)
    assert torch.equal(whole.distance, turned.distance[order])


@pytest.mark.parametrize("text", ["cw_l0(steps=0)", "cw_l0(search_steps=0)", "cw_l0(lr=0)", "cw_l0(confidence=-1)"])
def test_fields_out_of_range(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
