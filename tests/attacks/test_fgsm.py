"""FGSM: exact on a linear model, in every norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import sparring
from sparring.attacks.fgsm import FGSM

EPS = {"linf": 0.1, "l2": 0.5, "l1": 1.2, "l0": 4}


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_one_step_reaches_all_that_can_be(linear: Callable[..., Any], norm: str, biting: bool) -> None:
    problem = linear(2, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "fgsm", f"{norm}({EPS[norm]})", early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable(norm, EPS[norm])
    assert (share - 1).abs().max() < 1e-4, share


@pytest.mark.parametrize("targeted", [False, True])
def test_is_the_sign_of_the_gradient(linear: Callable[..., Any], targeted: bool) -> None:
    """T34: x + ε sign(∇ CE), written out for softmax over three classes; down, not up, for a target."""
    problem = linear(3)
    aims = problem.targets if targeted else None
    found = sparring.attack(problem.net, problem.x, problem.y, "fgsm", "linf(0.05)", targets=aims, early_stop=False)
    weight, probabilities = problem.net[1].weight, problem.net(problem.x).softmax(1)
    goal = problem.targets if targeted else problem.y
    slope = (probabilities @ weight - weight[goal]) * (-1 if targeted else 1)
    wanted = (problem.x + 0.05 * slope.sign().view_as(problem.x)).clamp(0, 1)
    moved = (found.strongest != problem.x).flatten(1).any(1)  # where x itself is stronger, x is kept
    assert moved.double().mean() > 0.8
    torch.testing.assert_close(found.strongest[moved], wanted[moved], atol=1e-6, rtol=0)


def test_cost(linear: Callable[..., Any]) -> None:
    """T36: one gradient, one look, and the checks of the driver."""
    problem = linear(2, biting=False)
    found = sparring.attack(problem.net, problem.x, problem.y, "fgsm", "linf(0.0001)", fast=False)
    assert found.backwards.tolist() == [1] * len(problem.x)
    assert (found.forwards + found.backwards <= FGSM().passes(2) + 3).all()
