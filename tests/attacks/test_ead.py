"""EAD against exact distances on linear models, and beside Carlini and Wagner's L2 attack on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.ead import EAD
from sparring.errors import InputError
from sparring.threats.l1 import L1


@pytest.mark.parametrize("classes", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_comes_near_the_exact_distance(linear: Callable[..., Any], classes: int) -> None:
    """T1, T6, T34: with a large β the elastic net is nearly the sum of changes alone."""
    problem = linear(classes)
    found = sparring.attack(problem.net, problem.x, problem.y, "ead(beta=2.0)", "l1(inf)")
    ratio = found.distance / problem.nearest("l1")
    assert found.success.all()
    assert (ratio > 1 - 1e-4).all()
    assert ratio.median() < 1.1, ratio
    aimed = sparring.attack(problem.net, problem.x, problem.y, "ead(beta=2.0)", "l1(inf)", targets=problem.targets)
    assert (aimed.logits.argmax(1) == problem.targets).all()
    assert (aimed.distance / problem.nearest("l1", True)).median() < 1.15


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "ead(beta=2.0)", L1(float("inf"), bounds))
    assert (found.distance / problem.nearest("l1")).median() < 1.1


@pytest.mark.slow
def test_sparser_and_shorter_in_l1_than_an_attack_for_l2(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:24], y[:24], "ead(steps=50)")
    other = sparring.attack(net, x[:24], y[:24], "cw_l2(steps=50)")
    moved = (other.images - x[:24]).flatten(1)
    assert found.success.all()
    assert float(found.distance.mean()) < 0.9 * float(moved.abs().sum(1).mean())
    changed = ((found.images - x[:24]).flatten(1).abs() > 1e-4).sum(1)
    assert float(changed.double().mean()) < 0.8 * float((moved.abs() > 1e-4).sum(1).double().mean())
    assert (found.forwards + found.backwards <= 3 + EAD(steps=50).passes(10)).all()


@pytest.mark.parametrize("text", ["ead(steps=0)", "ead(beta=0)", "ead(search_steps=0)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
