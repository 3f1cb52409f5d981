"""HopSkipJump against exact distances on linear models, on labels alone, and on a trained net."""

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

INF = float("inf")


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_comes_close_to_the_exact_distance(linear: Callable[..., Any], norm: str, biting: bool) -> None:
    """T6, T26."""
    problem = linear(2, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "hopskipjump(queries=800)", f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert found.success.all()
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < {"l2": 1.08, "linf": 1.15}[norm]).all(), ratio


@pytest.mark.parametrize("norm", ["l2", pytest.param("linf", marks=pytest.mark.slow)])
def test_a_target_is_reached_and_not_just_any_class(linear: Callable[..., Any], norm: str) -> None:
    """T34: also the better of two classes is found most of the time without a target."""
    problem = linear(3)
    for targets in (problem.targets, None):
        found = sparring.attack(
            problem.net, problem.x, problem.y, "hopskipjump(queries=400)", f"{norm}(inf)", targets=targets
        )
        ratio = found.distance / problem.nearest(norm, targets is not None)
        assert targets is None or (found.logits.argmax(1) == targets).all()
        assert (ratio > 1 - 1e-4).all()
        assert ratio.median() < 1.1, ratio


def test_a_class_that_nothing_is_taken_for_is_given_up(linear: Callable[..., Any]) -> None:
    """T22: 50 looks for a start, then no more."""
    problem = linear(3)
    problem.net[1].bias[2] -= 1e6
    aim = torch.full_like(problem.y, 2)
    y = problem.net(problem.x).argmax(1)
    found = sparring.attack(problem.net, problem.x, y, "hopskipjump", "l2(inf)", targets=aim)
    problem.net[1].bias[2] += 1e6
    assert not found.success.any()
    assert (found.forwards == 51).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
@pytest.mark.parametrize("threat", [L2, Linf])
def test_any_shape_and_bounds(
    linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float], threat: type[L2 | Linf]
) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "hopskipjump(queries=800)", threat(INF, bounds))
    assert (found.distance / problem.nearest(threat.name()) < 1.15).all()


@pytest.mark.parametrize("threat", ["linf(inf)", "linf(0.15)", "l2(inf)"])
def test_labels_alone_give_the_same_images(
    labels_only: Callable[[nn.Module], nn.Module], digits_net: tuple[nn.Module, Tensor, Tensor], threat: str
) -> None:
    net, x, y = digits_net
    text = "hopskipjump(queries=300)"
    whole = sparring.attack(net, x[:20], y[:20], text, threat, fast=False)
    bare = sparring.attack(labels_only(net), x[:20], y[:20], text, threat, fast=False)
    assert whole.success.any()
    # Its steps are so fine that two logits can be equal in float32, which a margin and an argmax read differently.
    same = (whole.images == bare.images).flatten(1).all(1) & (whole.forwards == bare.forwards)
    assert same.double().mean() >= 0.9
    assert not whole.backwards.any()


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.slow
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str) -> None:
    """Labels alone come close to what DeepFool finds with gradients, closer with more of them."""
    net, x, y = digits_net
    other = sparring.attack(net, x[:30], y[:30], "deepfool", f"{norm}(inf)")
    few, many = (
        sparring.attack(net, x[:30], y[:30], f"hopskipjump(queries={queries})", f"{norm}(inf)")
        for queries in (200, 800)
    )
    assert many.success.all()
    assert (many.distance <= few.distance).double().mean() > 0.9
    assert float(many.distance.median()) <= {"l2": 1.4, "linf": 1.6}[norm] * float(other.distance.median())


def test_the_queries_are_the_most_it_spends(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T36, T37: and few are left over; a sample inside a finite ε spends no more."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:20], y[:20], "hopskipjump(queries=400)", "l2(inf)", fast=False)
    assert (found.forwards <= 401).all()
    assert (found.forwards > 350).all()
    easy = sparring.attack(net, x[:20], y[:20], "hopskipjump(queries=400)", "linf(0.5)", fast=False)
    assert easy.success.all()
    assert (easy.forwards < 200).all()


@pytest.mark.parametrize("field", ["queries=0", "batch=0", "batch=10, max_batch=5", "gamma=0"])
def test_bad_fields(field: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(f"hopskipjump({field})")
