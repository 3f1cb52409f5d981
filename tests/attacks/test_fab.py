"""FAB against exact distances on linear models in three norms, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.fab import FAB
from sparring.errors import InputError
from sparring.threats.l2 import L2


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("text", ["fab(steps=20)", "fab(steps=20, targets=2)"])
def test_reaches_the_exact_distance(
    linear: Callable[..., Any], norm: str, classes: int, biting: bool, text: str
) -> None:
    """T2, T6, T26."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, text, f"{norm}(inf)")
    ratio = found.distance / problem.nearest(norm)
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < 1.01).all(), ratio


@pytest.mark.parametrize("norm", ["linf", *(pytest.param(each, marks=pytest.mark.slow) for each in ("l2", "l1"))])
def test_reaches_a_target(linear: Callable[..., Any], norm: str) -> None:
    """T34: exact where there is one boundary; among three classes near it."""
    for classes, slack in ((2, 1.01), (3, 1.3)):
        problem = linear(classes)
        found = sparring.attack(problem.net, problem.x, problem.y, "fab", f"{norm}(inf)", targets=problem.targets)
        ratio = found.distance / problem.nearest(norm, True)
        assert ((ratio > 1 - 1e-4) & (ratio < slack)).all(), ratio
        assert float(ratio.median()) < 1.01
        assert (found.logits.argmax(1) == problem.targets).all()


@pytest.mark.parametrize(
    ("shape", "bounds"), [pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow), ((3, 2, 3), (0.0, 255.0))]
)
def test_any_shape_and_bounds(linear: Callable[..., Any], shape: tuple[int, ...], bounds: tuple[float, float]) -> None:
    """T15."""
    problem = linear(3, shape, bounds=bounds, dtype=torch.float64)
    threat = L2(eps=float("inf"), bounds=bounds)
    found = sparring.attack(problem.net, problem.x, problem.y, "fab(steps=20, restarts=2)", threat)
    assert (found.distance / problem.nearest("l2") < 1.01).all()


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_as_near_as_fmn_on_a_trained_net(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:25], y[:25], "fab(steps=50)", f"{norm}(inf)")
    other = sparring.attack(net, x[:25], y[:25], "fmn(steps=50)", f"{norm}(inf)")
    assert found.success.all()
    assert float(found.distance.median()) <= 1.02 * float(other.distance.median())


def test_with_eps_a_sample_is_done_when_broken(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T36: what falls inside ε costs no more; what is beyond it is as without ε; without early stop so is all."""
    net, x, y = digits_net
    free = sparring.attack(net, x[:40], y[:40], "fab(steps=30)", "l2(inf)")
    eps = float(free.distance.median()) + 1e-3
    held = sparring.attack(net, x[:40], y[:40], "fab(steps=30)", f"l2({eps})")
    spent, whole = held.forwards + held.backwards, free.forwards + free.backwards
    assert torch.equal(held.success, free.distance <= eps)
    assert (spent <= whole).all()
    assert float(spent[held.success].median()) < 0.2 * float(whole.median())
    long = sparring.attack(net, x[:40], y[:40], "fab(steps=30)", f"l2({eps})", early_stop=False)
    assert torch.allclose(long.distance[long.success], free.distance[long.success], rtol=1e-3)


def test_restarts_and_targets_only_add(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T25: the nearest of all runs is kept; later starts lie within half of the nearest success."""
    net, x, y = digits_net
    one, two, nine = (
        sparring.attack(net, x[:20], y[:20], f"fab(steps=8, {more})", "linf(inf)").distance
        for more in ("restarts=1", "restarts=3", "targets=9")
    )
    assert (two <= one * 1.0001).all()
    assert (two < one * 0.99).any()
    assert float(nine.median()) <= 1.05 * float(one.median())


def test_its_cost() -> None:
    """T37: with 3 classes, 1 + steps (1 + 2) + 1 and 8 looks at the end; the image itself is looked at once before."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).requires_grad_(False)
    x = torch.full((5, 1, 2, 2), 0.5)
    y = net(x).argmax(1)
    found = sparring.attack(net, x, y, "fab(steps=7)", "l2(inf)")
    assert (found.forwards + found.backwards <= 1 + FAB(steps=7).passes(3)).all()
    assert (found.backwards == 14).all()
    one = sparring.attack(net, x, y, "fab(steps=7, targets=1)", "l2(inf)")
    assert (one.backwards == 7).all()
    assert FAB(steps=7).passes(3) == 1 + 7 * 3 + 1 + 8


@pytest.mark.parametrize(
    "text",
    ["fab(steps=0)", "fab(restarts=0)", "fab(targets=-1)", "fab(alpha_max=2)", "fab(eta=0.9)", "fab(beta=1)"],
)
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
