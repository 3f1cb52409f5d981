"""SPSA against the best that any image of the ball can do on linear models, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.errors import InputError
from sparring.threats.l2 import L2
from sparring.threats.linf import Linf


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.1), ("l2", 0.4)])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_comes_close_to_the_best_of_the_ball(linear: Callable[..., Any], norm: str, eps: float, biting: bool) -> None:
    """T6: all that any image of ball and box can gain on a linear model, but for a few percent."""
    problem = linear(2, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "spsa(queries=600)", f"{norm}({eps})", early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable(norm, eps)
    assert (share > 0.85).all(), share
    assert share.mean() > 0.94, share
    assert (share < 1 + 1e-4).all(), share


@pytest.mark.parametrize("norm", ["linf", pytest.param("l2", marks=pytest.mark.slow)])
def test_breaks_whatever_can_be_broken(linear: Callable[..., Any], norm: str) -> None:
    """T34: with a target and without, 10 % above the exact distance."""
    problem = linear(3)
    for targets in (None, problem.targets):
        exact = problem.nearest(norm, targets is not None)
        eps = float(exact.median())
        found = sparring.attack(
            problem.net, problem.x, problem.y, "spsa(queries=600)", f"{norm}({eps})", targets=targets
        )
        assert found.success[exact < eps / 1.1].all()
        assert not found.success[exact > eps * 1.0001].any()


@pytest.mark.parametrize(
    ("threat", "shape"),
    [(Linf(0.6, (-3.0, 2.0)), (16,)), (L2(120.0, (0.0, 255.0)), (3, 2, 3))],
    ids=["linf", "l2"],
)
def test_any_shape_and_bounds(linear: Callable[..., Any], threat: Linf | L2, shape: tuple[int, ...]) -> None:
    problem = linear(2, shape, bounds=threat.bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "spsa(queries=600)", threat, early_stop=False)
    assert (problem.gained(found.strongest) / problem.reachable(threat.name(), threat.eps) > 0.9).all()


@pytest.mark.parametrize("threat", ["linf(0.15)", "l2(1)"])
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor], threat: str) -> None:
    """Scores alone break about what PGD breaks with gradients."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "spsa(queries=600)", threat)
    other = sparring.attack(net, x[:40], y[:40], "pgd", threat)
    assert other.success_rate > 0.5
    assert found.success_rate >= other.success_rate - 0.1
    assert not found.backwards.any()
    assert (found.forwards <= 602).all()


def test_steep_logits_do_not_hide_the_slope(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T4: the margin of logits a thousand times as large leads to the same images."""
    net, x, y = digits_net
    plain = sparring.attack(net, x[:20], y[:20], "spsa(queries=200)", "linf(0.1)", fast=False)
    steep = sparring.attack(lambda z: 1000 * net(z), x[:20], y[:20], "spsa(queries=200)", "linf(0.1)", fast=False)
    assert plain.success.any()
    assert (plain.success == steep.success).double().mean() > 0.9


@pytest.mark.parametrize("field", ["queries=1", "pairs=0", "sigma=0", "lr=0", "loss='no'"])
def test_bad_fields(field: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(f"spsa({field})")


def test_infinite_eps_is_refused(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    with pytest.raises(InputError, match="finite eps"):
        sparring.attack(net, x[:2], y[:2], "spsa", "linf(inf)")
