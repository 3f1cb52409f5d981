"""The boundary attack against exact distances on linear models, on labels alone, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.errors import InputError
from sparring.threats.l2 import L2


@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_comes_close_to_the_exact_distance(linear: Callable[..., Any], biting: bool) -> None:
    """T6, T26."""
    problem = linear(2, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "boundary(queries=800)", "l2(inf)")
    ratio = found.distance / problem.nearest("l2")
    assert found.success.all()
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < 1.03).all(), ratio


@pytest.mark.slow
def test_a_target_is_reached_and_not_just_any_class(linear: Callable[..., Any]) -> None:
    """T34: also the better of two classes is found most of the time without a target."""
    problem = linear(3)
    for targets in (problem.targets, None):
        found = sparring.attack(problem.net, problem.x, problem.y, "boundary(queries=600)", "l2(inf)", targets=targets)
        ratio = found.distance / problem.nearest("l2", targets is not None)
        assert targets is None or (found.logits.argmax(1) == targets).all()
        assert (ratio > 1 - 1e-4).all()
        assert ratio.median() < 1.05, ratio


def test_a_class_that_nothing_is_taken_for_is_given_up(linear: Callable[..., Any]) -> None:
    """T22: 50 looks for a start, then no more; others of the batch go on as they would alone (T35)."""
    problem = linear(3)
    problem.net[1].bias[2] -= 1e6
    y = problem.net(problem.x).argmax(1)
    targets = torch.where(torch.arange(len(y)) % 2 == 0, 2, 1 - y)
    found = sparring.attack(problem.net, problem.x, y, "boundary(queries=300)", "l2(inf)", targets=targets)
    others = sparring.attack(
        problem.net, problem.x[1::2], y[1::2], "boundary(queries=300)", "l2(inf)", targets=targets[1::2]
    )
    problem.net[1].bias[2] += 1e6
    assert not found.success[::2].any()
    assert (found.forwards[::2] == 51).all()
    assert found.success[1::2].all()
    assert torch.allclose(found.distance[1::2], others.distance, rtol=1e-3)


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(2, shape, bounds=bounds, dtype=torch.float64)
    threat = L2(float("inf"), bounds)
    found = sparring.attack(problem.net, problem.x, problem.y, "boundary(queries=800)", threat)
    assert (found.distance / problem.nearest("l2") < 1.05).all()


@pytest.mark.parametrize("threat", ["l2(inf)", "l2(1)"])
def test_labels_alone_give_the_same_images(
    labels_only: Callable[[nn.Module], nn.Module], digits_net: tuple[nn.Module, Tensor, Tensor], threat: str
) -> None:
    net, x, y = digits_net
    text = "boundary(queries=300)"
    whole = sparring.attack(net, x[:20], y[:20], text, threat, fast=False)
    bare = sparring.attack(labels_only(net), x[:20], y[:20], text, threat, fast=False)
    assert whole.success.any()
    assert torch.equal(whole.images, bare.images)
    assert torch.equal(whole.forwards, bare.forwards)
    assert not whole.backwards.any()


@pytest.mark.slow
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """Labels alone come close to what DeepFool finds with gradients, closer with more of them."""
    net, x, y = digits_net
    other = sparring.attack(net, x[:30], y[:30], "deepfool", "l2(inf)")
    few, many = (
        sparring.attack(net, x[:30], y[:30], f"boundary(queries={queries})", "l2(inf)") for queries in (200, 1000)
    )
    assert many.success.all()
    assert (many.distance <= few.distance).all()
    assert float(many.distance.median()) <= 1.4 * float(other.distance.median())


def test_the_queries_are_what_it_spends(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T36, T37: to the last; a sample inside a finite ε spends no more."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:20], y[:20], "boundary(queries=200)", "l2(inf)", fast=False)
    assert (found.forwards == 201).all()
    easy = sparring.attack(net, x[:20], y[:20], "boundary(queries=200)", "l2(5)", fast=False)
    assert easy.success.all()
    assert (easy.forwards < 100).all()


@pytest.mark.parametrize("field", ["queries=0", "sideways=0", "toward=0", "toward=1"])
def test_bad_fields(field: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(f"boundary({field})")
