"""FMN against exact distances on linear models in four norms, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.fmn import FMN
from sparring.errors import InputError
from sparring.threats.l1 import L1


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_the_exact_distance(linear: Callable[..., Any], norm: str, classes: int, biting: bool) -> None:
    """T1, T6, T26."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "fmn", f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < (1 + 1e-9 if norm == "l0" else 1.02)).all(), ratio


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_the_descent_alone_is_exact_with_two_classes(linear: Callable[..., Any], norm: str) -> None:
    """T34: with a target no step by the tangent helps at the end."""
    problem = linear(2)
    found = sparring.attack(problem.net, problem.x, problem.y, "fmn", f"{norm}(inf)", targets=problem.targets)
    ratio = found.distance / problem.nearest(norm, True)
    assert (ratio < (1 + 1e-9 if norm == "l0" else 1.02)).all(), ratio
    assert (found.logits.argmax(1) == problem.targets).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(3, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "fmn", L1(eps=float("inf"), bounds=bounds))
    assert (found.distance / problem.nearest("l1") < 1.02).all()


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str) -> None:
    """Everywhere successful, and never behind DeepFool, whose search for the nearest class it ends with."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "fmn", f"{norm}(inf)")
    other = sparring.attack(net, x[:40], y[:40], "deepfool", f"{norm}(inf)")
    assert found.success.all()
    assert float(found.distance.median()) <= 1.001 * float(other.distance.median())
    assert (found.forwards + found.backwards <= 3 + FMN().passes(10)).all()


def test_one_step_is_looked_at(linear: Callable[..., Any]) -> None:
    """T19: the image that the only step makes is seen; a target leaves it alone to do the work."""
    problem = linear(2)
    found = sparring.attack(problem.net, problem.x, problem.y, "fmn(steps=1)", "l2(inf)", targets=problem.targets)
    assert found.success.any()


def test_a_finite_eps_only_filters(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T26: the curve of success against ε is that of the distances."""
    net, x, y = digits_net
    free = sparring.attack(net, x[:40], y[:40], "fmn(steps=40)", "l2(inf)")
    eps = float(free.distance.median()) + 1e-3
    held = sparring.attack(net, x[:40], y[:40], "fmn(steps=40)", f"l2({eps})")
    assert torch.equal(held.success, free.distance <= eps)


@pytest.mark.parametrize(
    "text", ["fmn(steps=0)", "fmn(step_size=0)", "fmn(gamma=1)", "fmn(gamma=0)", "fmn(candidates=0)"]
)
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
