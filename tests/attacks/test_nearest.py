"""The attack made of attacks: exact on linear models, and nearer than its parts at equal passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.nearest import Nearest
from sparring.errors import InputError
from sparring.threats.l2 import L2


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("classes", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_reaches_the_exact_distance(linear: Callable[..., Any], norm: str, classes: int) -> None:
    """T1, T6, T34: each class is searched for, so the nearest is found whichever has the highest logit."""
    problem = linear(classes)
    found = sparring.attack(problem.net, problem.x, problem.y, "nearest(steps=400)", f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < (1 + 1e-9 if norm == "l0" else 1.02)).all(), ratio


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    aims = problem.targets
    found = sparring.attack(problem.net, problem.x, problem.y, "nearest(steps=200)", L2(float("inf"), bounds))
    aimed = sparring.attack(
        problem.net, problem.x, problem.y, "nearest(steps=200)", L2(float("inf"), bounds), targets=aims
    )
    assert (found.distance / problem.nearest("l2") < 1.02).all()
    assert (aimed.logits.argmax(1) == aims).all()
    assert (aimed.distance / problem.nearest("l2", True) < 1.02).all()


@pytest.mark.parametrize(
    ("norm", "parts"),
    [
        pytest.param("linf", ["fmn", "pdpgd"], marks=pytest.mark.slow),
        pytest.param("l2", ["fmn", "pdpgd", "ddn"], marks=pytest.mark.slow),
        pytest.param("l1", ["fmn", "pdpgd"], marks=pytest.mark.slow),
        pytest.param("l0", ["sigma_zero"], marks=pytest.mark.slow),
    ],
)
def test_nearer_than_its_parts(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str, parts: list[str]) -> None:
    """At equal passes, on average, on a net with ten classes."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:30], y[:30], "nearest(steps=300)", f"{norm}(inf)")
    assert found.success.all()
    assert (found.forwards + found.backwards <= 5 + Nearest(steps=300).passes(10)).all()
    for part in parts:
        other = sparring.attack(net, x[:30], y[:30], f"{part}(steps=300)", f"{norm}(inf)")
        assert float(found.distance.mean()) <= 1.001 * float(other.distance.mean()), part


@pytest.mark.parametrize(
    "steps", [1, pytest.param(2, marks=pytest.mark.slow), 5, pytest.param(19, marks=pytest.mark.slow), 40]
)
@pytest.mark.parametrize("norm", ["linf", "l2", "l0"])
def test_few_steps_are_not_exceeded(linear: Callable[..., Any], steps: int, norm: str) -> None:
    """T37."""
    problem = linear(3)
    found = sparring.attack(problem.net, problem.x, problem.y, Nearest(steps=steps), f"{norm}(inf)")
    assert (found.forwards + found.backwards <= 1 + Nearest(steps=steps).passes(3)).all()


def test_bad_fields() -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse("nearest(steps=0)")
