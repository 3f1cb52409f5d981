"""DeepFool against exact distances on linear models, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.deepfool import DeepFool
from sparring.errors import InputError
from sparring.threats.l2 import L2


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_the_exact_distance(linear: Callable[..., Any], norm: str, classes: int, biting: bool) -> None:
    """T1, T6: K = 2 and 3 too, and a batch that is averaged would be off by its size."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "deepfool", f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < (1 + 1e-9 if norm == "l0" else 1.02)).all(), ratio


@pytest.mark.parametrize("norm", ["l2", *(pytest.param(each, marks=pytest.mark.slow) for each in ("linf", "l1"))])
def test_reaches_the_target(linear: Callable[..., Any], norm: str) -> None:
    """T34: with two classes the target's boundary is the only one; with more, the target is what is reached."""
    problem = linear(2)
    found = sparring.attack(problem.net, problem.x, problem.y, "deepfool", f"{norm}(inf)", targets=problem.targets)
    assert (found.distance / problem.nearest(norm, True) < 1.02).all()
    problem = linear(5)
    found = sparring.attack(problem.net, problem.x, problem.y, "deepfool", f"{norm}(inf)", targets=problem.targets)
    assert found.success.all()
    assert (found.logits.argmax(1) == problem.targets).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
@pytest.mark.slow
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(3, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "deepfool", L2(eps=float("inf"), bounds=bounds))
    assert (found.distance / problem.nearest("l2") < 1.02).all()


def test_a_curved_model_takes_several_steps(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    one = sparring.attack(net, x[:50], y[:50], "deepfool(steps=1)")
    many = sparring.attack(net, x[:50], y[:50], "deepfool")
    assert one.success_rate < 1 == many.success_rate
    assert (many.forwards + many.backwards <= 2 + DeepFool().passes(10)).all()


def test_the_end_gives_the_overshoot_back(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    small, large = (sparring.attack(net, x[:50], y[:50], f"deepfool(overshoot={eta})") for eta in (0.02, 0.5))
    assert float(large.distance.median() / small.distance.median()) < 1.15


@pytest.mark.parametrize("text", ["deepfool(steps=0)", "deepfool(candidates=0)", "deepfool(overshoot=-0.1)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
