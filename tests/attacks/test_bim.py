"""BIM: exact on a linear model in Linf, from x itself, the ball about x."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import sparring
from sparring.attacks.bim import BIM
from sparring.errors import InputError


@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_all_that_can_be(linear: Callable[..., Any], biting: bool) -> None:
    problem = linear(2, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "bim", "linf(0.1)", early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable("linf", 0.1)
    assert (share - 1).abs().max() < 1e-5


def test_small_steps_add_up_from_x(linear: Callable[..., Any]) -> None:
    """T12: three steps of α move every coordinate by 3 α, no more; a random start would not."""
    problem = linear(2, biting=False)
    found = sparring.attack(
        problem.net, problem.x, problem.y, "bim(steps=3, step_size=0.01)", "linf(0.1)", early_stop=False
    )
    moved = (found.strongest - problem.x).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 0.03), atol=1e-6, rtol=0)


def test_ball_is_about_the_original(linear: Callable[..., Any]) -> None:
    """T12: steps that add up to far more than ε end at ε."""
    problem = linear(2, biting=False)
    found = sparring.attack(
        problem.net, problem.x, problem.y, "bim(steps=10, step_size=0.05)", "linf(0.08)", early_stop=False
    )
    moved = (found.strongest - problem.x).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 0.08), atol=1e-6, rtol=0)


def test_cost_and_fields(linear: Callable[..., Any]) -> None:
    problem = linear(2)
    found = sparring.attack(problem.net, problem.x, problem.y, "bim(steps=4)", "l2(0.001)", fast=False)
    assert (found.forwards + found.backwards <= BIM(steps=4).passes(2) + 3).all()
    for text in ("bim(steps=0)", "bim(step_size=-1)", "bim(loss=mse)"):
        with pytest.raises(InputError, match="expected"):
            sparring.parse(text)
