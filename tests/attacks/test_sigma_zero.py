"""σ-zero against exact counts on linear models, and beside JSMA on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.sigma_zero import SigmaZero
from sparring.errors import InputError
from sparring.threats.l0 import L0


@pytest.mark.parametrize("classes", [2, 3])
def test_needs_as_few_coordinates_as_are_needed(linear: Callable[..., Any], classes: int) -> None:
    """T1, T6: never fewer, which would be a wrong count, and with two classes hardly ever more."""
    problem = linear(classes)
    found = sparring.attack(problem.net, problem.x, problem.y, "sigma_zero", "l0(inf)")
    more = found.distance - problem.nearest("l0")
    assert found.success.all()
    assert (more >= 0).all()
    assert more.mean() <= (0.1 if classes == 2 else 0.5), more


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    aims = problem.targets
    found = sparring.attack(problem.net, problem.x, problem.y, "sigma_zero", L0(float("inf"), bounds), targets=aims)
    assert (found.distance - problem.nearest("l0", True)).mean() <= 0.1
    assert (found.logits.argmax(1) == aims).all()


def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "sigma_zero(steps=200)")
    other = sparring.attack(net, x[:40], y[:40], "fmn(steps=200)", "l0(inf)")
    assert found.success.all()
    assert float(found.distance.mean()) <= 1.05 * float(other.distance.mean())
    assert (found.forwards + found.backwards <= 3 + SigmaZero(steps=200).passes(10)).all()


def test_a_threshold_that_never_moves_is_worse(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """The threshold is what makes images sparse: without it the smooth count has to do alone."""
    net, x, y = digits_net
    moving = sparring.attack(net, x[:40], y[:40], "sigma_zero")
    fixed = sparring.attack(net, x[:40], y[:40], "sigma_zero(threshold=0.0, pace=1e-9)")
    assert float(moving.distance.mean()) < 0.9 * float(fixed.distance.mean())


@pytest.mark.parametrize(
    "text", ["sigma_zero(steps=0)", "sigma_zero(lr=0)", "sigma_zero(sigma=0)", "sigma_zero(threshold=2)"]
)
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
