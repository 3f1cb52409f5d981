"""ZOO against exact distances on linear models, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.zoo import _Adam
from sparring.errors import InputError
from sparring.threats.l2 import L2


@pytest.mark.parametrize("classes", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_comes_close_to_the_exact_distance(linear: Callable[..., Any], classes: int, biting: bool) -> None:
    """T6, T26, T34: pixels at the edges of the box can move too (T16)."""
    problem = linear(classes, biting=biting)
    for targets in (None, problem.targets):
        found = sparring.attack(problem.net, problem.x, problem.y, "zoo(queries=1500)", "l2(inf)", targets=targets)
        ratio = found.distance / problem.nearest("l2", targets is not None)
        assert found.success.all()
        assert (ratio > 1 - 1e-4).all()
        assert (ratio < (1.1 if classes == 2 else 1.3)).all(), ratio
        assert ratio.median() < 1.05, ratio
        assert targets is None or (found.logits.argmax(1) == targets).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    threat = L2(float("inf"), bounds)
    found = sparring.attack(problem.net, problem.x, problem.y, "zoo(queries=1500)", threat)
    assert (found.distance / problem.nearest("l2") < 1.1).all()


@pytest.mark.slow
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T36, T37: close to what Carlini and Wagner's attack finds with gradients, for the queries it is given."""
    net, x, y = digits_net
    other = sparring.attack(net, x[:20], y[:20], "cw_l2", "l2(inf)")
    found = sparring.attack(net, x[:20], y[:20], "zoo(queries=2000)", "l2(inf)", fast=False)
    assert found.success.all()
    assert float(found.distance.median()) <= 1.2 * float(other.distance.median())
    assert not found.backwards.any()
    assert (found.forwards <= 1 + 2008).all()
    assert (found.forwards > 1900).all()


def test_a_finite_eps_saves_queries(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:20], y[:20], "zoo(queries=1000)", "l2(3)", fast=False)
    assert found.success.all()
    assert (found.forwards < 900).all()


def test_each_coordinate_has_its_own_adam() -> None:
    """T6: the first step of a coordinate is one of size 1 whenever it comes, and none where there is no slope."""
    adam, pull = _Adam(torch.zeros(1, 3)), torch.tensor([[2.0, 0.0, -0.001]])
    assert torch.allclose(adam.move(pull, torch.tensor([[0, 1]])), torch.tensor([[1.0, 0.0]]), atol=1e-3)
    assert torch.allclose(adam.move(pull, torch.tensor([[2, 0]])), torch.tensor([[-1.0, 1.0]]), atol=1e-3)
    turned = adam.move(-pull, torch.tensor([[0, 2]]))  # after two visits of the one, one of the other
    assert torch.allclose(turned, torch.tensor([[0.071 / 0.271, 0.01 / 0.19]]), atol=1e-3), turned


@pytest.mark.parametrize("field", ["queries=0", "coordinates=0", "h=0", "h=2", "lr=0"])
def test_bad_fields(field: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(f"zoo({field})")
