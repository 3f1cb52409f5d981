"""DDN against exact distances on linear models, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._search import Search
from sparring.attacks.ddn import DDN, at_length
from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.threats.l2 import L2
from sparring.victims.base import Ledger


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_the_exact_distance(linear: Callable[..., Any], classes: int, biting: bool) -> None:
    """T1, T6; with three classes the one of the highest logit need not be the nearest."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "ddn", "l2(inf)")
    ratio = found.distance / problem.nearest("l2")
    assert (ratio > 1 - 1e-4).all()
    assert (ratio if classes == 2 else ratio.median()).lt(1.02).all(), ratio
    aimed = sparring.attack(problem.net, problem.x, problem.y, "ddn", "l2(inf)", targets=problem.targets)
    assert (aimed.logits.argmax(1) == problem.targets).all()
    assert (aimed.distance / problem.nearest("l2", True)).median() < 1.02


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "ddn", L2(eps=float("inf"), bounds=bounds))
    assert (found.distance / problem.nearest("l2") < 1.02).all()


def test_images_have_their_length_inside_the_box() -> None:
    """Up as well as down, with the edge met by some coordinates, and nothing moves what has no direction."""
    x = torch.tensor([[0.9, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])
    z = torch.tensor([[1.0, 0.6, 0.5], [0.9, 0.5, 0.5], [0.5, 0.5, 0.5]])
    search = Search(
        lambda z: z, x, torch.zeros(3, dtype=torch.int64), None, L2(float("inf")), Ledger(3), Streams(torch.arange(3)),
        classes=3, minimal=True, active=torch.ones(3, dtype=torch.bool),
    )  # fmt: skip
    moved = at_length(search, z, torch.tensor([0.3, 0.2, 1.0], dtype=torch.float64))
    assert torch.allclose(moved[0], torch.tensor([1.0, 0.5 + (0.09 - 0.01) ** 0.5, 0.5]))
    assert torch.allclose(moved[1], torch.tensor([0.7, 0.5, 0.5]))
    assert torch.equal(moved[2], x[2])


def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "ddn")
    other = sparring.attack(net, x[:40], y[:40], "deepfool(candidates=1)")
    assert found.success.all()
    assert float(found.distance.median()) < float(other.distance.median())
    assert (found.forwards + found.backwards <= 3 + DDN().passes(10)).all()


@pytest.mark.parametrize(
    "text", ["ddn(steps=0)", "ddn(gamma=1)", "ddn(step_size=0)", "ddn(eps_start=0)", "ddn(loss=x)"]
)
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
