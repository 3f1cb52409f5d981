"""RayS against exact distances on linear models, on labels alone, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.errors import InputError
from sparring.threats.linf import Linf

INF = float("inf")


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_the_exact_distance(linear: Callable[..., Any], classes: int, biting: bool) -> None:
    """T6, T26: in Linf the best direction on a linear model is one of signs, though not of each class."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "rays(queries=1500)", "linf(inf)")
    ratio = found.distance / problem.nearest("linf")
    assert found.success.all()
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < (1.02 if classes == 2 else 1.3)).all(), ratio
    assert (ratio < 1.02).double().mean() >= 0.9, ratio


def test_a_target_is_reached_and_not_just_any_class(linear: Callable[..., Any]) -> None:
    """T34."""
    problem = linear(3)
    found = sparring.attack(
        problem.net, problem.x, problem.y, "rays(queries=1500)", "linf(inf)", targets=problem.targets
    )
    ratio = found.distance / problem.nearest("linf", True)
    assert (found.logits.argmax(1) == problem.targets).all()
    assert (ratio > 1 - 1e-4).all()
    assert ratio.median() < 1.02, ratio


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
@pytest.mark.slow
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    problem = linear(3, shape, bounds=bounds, dtype=torch.float64)
    found = sparring.attack(problem.net, problem.x, problem.y, "rays(queries=1500)", Linf(INF, bounds))
    ratio = found.distance / problem.nearest("linf")
    assert (ratio < 1.02).double().mean() >= 0.9, ratio


def test_channels_with_an_eps_of_their_own(linear: Callable[..., Any]) -> None:
    """T15: a channel that may move half as far does, so the same ball in other units gives the same answer."""
    problem = linear(2, (2, 2, 4), biting=False)
    size = float(problem.nearest("linf").max())
    narrow = problem.x * torch.tensor([1.0, 0.5]).view(1, 2, 1, 1)
    net = nn.Sequential(Widen(), problem.net)
    threat = Linf((1.05 * size, 1.05 * size / 2), ((0.0, 0.0), (1.0, 0.5)))
    assert sparring.attack(net, narrow, problem.y, "rays(queries=1500)", threat).success.all()


class Widen(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)


@pytest.mark.parametrize("threat", ["linf(inf)", "linf(0.15)"])
def test_labels_alone_give_the_same_images(
    labels_only: Callable[[nn.Module], nn.Module], digits_net: tuple[nn.Module, Tensor, Tensor], threat: str
) -> None:
    net, x, y = digits_net
    whole = sparring.attack(net, x[:20], y[:20], "rays(queries=200)", threat, fast=False)
    bare = sparring.attack(labels_only(net), x[:20], y[:20], "rays(queries=200)", threat, fast=False)
    assert whole.success.any()
    assert torch.equal(whole.images, bare.images)
    assert torch.equal(whole.forwards, bare.forwards)
    assert not whole.backwards.any()


@pytest.mark.slow
def test_strong_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """Labels alone come close to what FMN finds with gradients."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "rays(queries=1000)", "linf(inf)")
    other = sparring.attack(net, x[:40], y[:40], "fmn", "linf(inf)")
    assert found.success.all()
    assert float(found.distance.median()) <= 1.25 * float(other.distance.median())


@pytest.mark.slow
def test_stops_where_a_finite_eps_is_met(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T26, T36: the same successes as without ε, for fewer queries; all are spent if asked for."""
    net, x, y = digits_net
    free = sparring.attack(net, x[:40], y[:40], "rays(queries=300)", "linf(inf)")
    eps = float(free.distance.median()) + 1e-4
    held = sparring.attack(net, x[:40], y[:40], "rays(queries=300)", f"linf({eps})")
    assert torch.equal(held.success, free.distance <= eps)
    assert (held.forwards[held.success] < free.forwards[held.success]).all()
    patient = sparring.attack(net, x[:40], y[:40], "rays(queries=300)", f"linf({eps})", early_stop=False)
    assert torch.allclose(patient.distance[held.success], free.distance[held.success])


@pytest.mark.parametrize("text", ["rays(queries=0)", "rays(tol=0)", "rays(tol=1)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
