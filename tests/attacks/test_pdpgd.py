"""PDPGD against exact distances on linear models, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.pdpgd import PDPGD
from sparring.errors import InputError
from sparring.threats.l2 import L2

NORMS = PDPGD.norms


@pytest.mark.parametrize("norm", [pytest.param(norm, marks=[pytest.mark.slow] * (norm != "linf")) for norm in NORMS])
@pytest.mark.parametrize("classes", [pytest.param(2, marks=pytest.mark.slow), 3])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_comes_near_the_exact_distance(linear: Callable[..., Any], norm: str, classes: int, biting: bool) -> None:
    """T1, T6, T34."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "pdpgd(steps=200)", f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert found.success.all()
    assert (ratio > 1 - 1e-4).all()
    assert ratio.median() < 1.05, ratio
    aimed = sparring.attack(
        problem.net, problem.x, problem.y, "pdpgd(steps=200)", f"{norm}(inf)", targets=problem.targets
    )
    assert (aimed.logits.argmax(1) == problem.targets).all()
    assert (aimed.distance / problem.nearest(norm, True)).median() < 1.05


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "pdpgd(steps=200)", L2(float("inf"), bounds))
    assert (found.distance / problem.nearest("l2")).median() < 1.05


@pytest.mark.parametrize(
    "norm", ["linf", pytest.param("l2", marks=pytest.mark.slow), pytest.param("l1", marks=pytest.mark.slow)]
)
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "pdpgd(steps=200)", f"{norm}(inf)")
    other = sparring.attack(net, x[:40], y[:40], "fmn(steps=200)", f"{norm}(inf)")
    assert found.success.all()
    assert float(found.distance.mean()) <= 1.1 * float(other.distance.mean())
    assert (found.forwards + found.backwards <= 3 + PDPGD(steps=200).passes(10)).all()


@pytest.mark.parametrize("text", ["pdpgd(steps=0)", "pdpgd(lr=0)", "pdpgd(ratio=0)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
