"""PGD against what is reachable on a linear model, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.pgd import PGD
from sparring.errors import InputError
from sparring.threats.linf import Linf

EPS = {"linf": 0.1, "l2": 0.5, "l1": 1.2, "l0": 4}


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("loss", ["margin", "ce"])
def test_reaches_95_percent_of_the_margin(linear: Callable[..., Any], norm: str, biting: bool, loss: str) -> None:
    """Exact in Linf. T6, T12: an averaged gradient or a ball about the last iterate would fall short or leave it."""
    problem = linear(2, biting=biting)
    threat = f"{norm}({EPS[norm]})"
    found = sparring.attack(problem.net, problem.x, problem.y, f"pgd(loss={loss})", threat, early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable(norm, EPS[norm])
    assert (share > (1 - 1e-5 if norm == "linf" else 0.95)).all(), share
    assert (share < 1 + 1e-5).all(), share


def test_succeeds_where_success_is_possible(linear: Callable[..., Any]) -> None:
    problem = linear(2)
    eps = float(problem.nearest("linf").median())
    found = sparring.attack(problem.net, problem.x, problem.y, "pgd", f"linf({eps})")
    assert torch.equal(found.success, problem.nearest("linf") < eps)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("loss", ["ce", "dlr", "margin"])
def test_reaches_the_target(linear: Callable[..., Any], classes: int, loss: str) -> None:
    """T1, T34."""
    problem = linear(classes)
    eps = 1.05 * float(problem.nearest("linf", True).max())
    found = sparring.attack(
        problem.net, problem.x, problem.y, f"pgd(loss={loss})", f"linf({eps})", targets=problem.targets
    )
    assert found.success.double().mean() > 0.8
    assert (found.logits.argmax(1)[found.success] == problem.targets[found.success]).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    """T15."""
    problem = linear(2, shape, bounds=bounds)
    eps = 0.1 * (bounds[1] - bounds[0])
    threat = Linf(eps=eps, bounds=bounds)
    found = sparring.attack(problem.net, problem.x, problem.y, "pgd", threat, early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable("linf", eps)
    assert (share - 1).abs().max() < 1e-4


def test_restarts_only_add(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T25: the first run is the same, and what it broke stays broken."""
    net, x, y = digits_net
    one = sparring.attack(net, x, y, "pgd(steps=5)", "linf(0.06)")
    four = sparring.attack(net, x, y, "pgd(steps=5, restarts=4)", "linf(0.06)")
    assert (four.success >= one.success).all()
    assert (four.forwards + four.backwards <= 3 + PGD(steps=5, restarts=4).passes(10)).all()


def test_more_steps_are_stronger_than_one(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T41 (v): many small steps beat a single one on a trained net."""
    net, x, y = digits_net
    single, many = (sparring.attack(net, x, y, text, "linf(0.08)") for text in ("fgsm", "pgd"))
    assert many.robust_accuracy < single.robust_accuracy < 1


@pytest.mark.parametrize("text", ["pgd(steps=0)", "pgd(restarts=0)", "pgd(step_size=0)", "pgd(loss=mse)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
