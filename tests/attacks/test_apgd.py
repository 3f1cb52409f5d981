"""APGD against what is reachable on a linear model; its checkpoints; strength on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._apgd import _checkpoints, _steepest
from sparring.attacks.apgd import APGD
from sparring.errors import InputError

EPS = {"linf": 0.1, "l2": 0.5, "l1": 1.2}


def test_checkpoints_are_those_of_the_paper() -> None:
    """p = 0.22, 0.41, 0.57, 0.70, 0.80, 0.87, 0.93, 0.99 of 1000 steps, worked out by hand."""
    assert list(_checkpoints(1000)) == [220, 410, 570, 700, 800, 870, 930, 990]


def test_the_l1_step_moves_the_steepest_coordinates_alike() -> None:
    gradient = torch.tensor([[3.0, -2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0], [-1.0, -5.0, 2.0, 4.0]])
    step = _steepest(gradient, torch.tensor([2.0, 2.0, 3.0], dtype=torch.float64))
    wanted = torch.tensor([[0.5, -0.5, 0.0, 0.0], [0.0] * 4, [0.0, -1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(step, wanted)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_reaches_the_margin(linear: Callable[..., Any], norm: str, biting: bool) -> None:
    """T6; exact in Linf."""
    problem = linear(2, biting=biting)
    threat = f"{norm}({EPS[norm]})"
    found = sparring.attack(problem.net, problem.x, problem.y, "apgd", threat, early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable(norm, EPS[norm])
    assert (share > (1 - 1e-5 if norm == "linf" else 0.98)).all(), share
    assert (share < 1 + 1e-5).all(), share


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("loss", ["ce", "dlr", "margin"])
def test_reaches_the_target(linear: Callable[..., Any], classes: int, loss: str) -> None:
    """T1, T34."""
    problem = linear(classes)
    eps = 1.05 * float(problem.nearest("linf", True).max())
    found = sparring.attack(
        problem.net, problem.x, problem.y, f"apgd(loss={loss})", f"linf({eps})", targets=problem.targets
    )
    assert found.success.double().mean() > 0.8
    assert (found.logits.argmax(1)[found.success] == problem.targets[found.success]).all()


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.08), ("l2", 0.4), ("l1", 0.9)])
def test_as_strong_as_pgd(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str, eps: float) -> None:
    """At equal steps, with no step size given to either."""
    net, x, y = digits_net
    ours, plain = (sparring.attack(net, x, y, f"{name}(steps=40)", f"{norm}({eps})") for name in ("apgd", "pgd"))
    assert 0.02 < ours.robust_accuracy <= plain.robust_accuracy + 0.005


def test_logits_of_any_scale(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T4: DLR is blind to the scale at which cross-entropy saturates."""
    net, x, y = digits_net

    def sharp(z: Tensor) -> Tensor:
        return 1000 * net(z)

    plain, scaled = (
        sparring.attack(model, x[:100], y[:100], "apgd(steps=30, loss=dlr)", "linf(0.08)") for model in (net, sharp)
    )
    assert abs(plain.robust_accuracy - scaled.robust_accuracy) <= 0.02


def test_samples_keep_their_own_schedule(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T24, T31: alone or in company, the same strongest image."""
    net, x, y = digits_net
    text, threat = "apgd(steps=12)", "l2(0.2)"
    whole = sparring.attack(net, x[:6], y[:6], text, threat, early_stop=False, fast=False)
    alone = sparring.attack(net, x[:6], y[:6], text, threat, early_stop=False, fast=False, batch_size=1)
    torch.testing.assert_close(whole.strongest, alone.strongest, atol=1e-4, rtol=0)


def test_cost_and_fields(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    attack = APGD(steps=7, restarts=2)
    found = sparring.attack(net, x[:40], y[:40], attack, "linf(0.01)", fast=False)
    assert (found.forwards + found.backwards <= attack.passes(10) + 3).all()
    for text in ("apgd(steps=0)", "apgd(restarts=0)", "apgd(rho=0)", "apgd(loss=mse)"):
        with pytest.raises(InputError, match="expected"):
            sparring.parse(text)
    with pytest.raises(InputError, match="l0"):
        sparring.attack(net, x, y, "apgd", "l0(3)")


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.05), ("l2", 0.2), ("l1", 0.5)])
def test_a_wide_climb_goes_by_three_and_two_eps_and_ends_within_one(norm: str, eps: float) -> None:
    """Begin in 3 ε, go on in 2 ε, end in ε, for the passes of a narrow climb; only what lies within ε counts (T9)."""
    x = torch.full((3, 8), 0.5)
    order = {"linf": float("inf"), "l2": 2, "l1": 1}[norm]
    lengths: list[float] = []
    weight = torch.linspace(1, 2, 8)

    def model(z: Tensor) -> Tensor:
        lengths.append(float(torch.linalg.vector_norm((z.detach() - 0.5).double(), ord=order, dim=1).max()) / eps)
        score = (z - 0.5) @ weight
        return torch.stack([torch.full_like(score, 100.0), score], 1)  # nothing breaks it

    found = {}
    for wide in (True, False):
        lengths.clear()
        found[wide] = sparring.attack(
            model, x, torch.zeros(3, dtype=torch.int64), APGD(steps=20, wide=wide), f"{norm}({eps})", fast=False
        )
        looked = lengths[1:]  # the first is the image itself
        assert not found[wide].success.any()
        if not wide:
            assert max(looked) < 1 + 1e-4
            continue
        assert max(looked[:6]) == pytest.approx(3, rel=0.01)  # 30 % of the steps
        assert max(looked[6:12]) < 2 + 1e-4
        assert max(looked[6:12]) == pytest.approx(2, rel=0.01)
        assert max(looked[12:]) < 1 + 1e-4
        distance = torch.linalg.vector_norm((found[wide].strongest - x).double(), ord=order, dim=1)
        assert (distance <= eps * (1 + 1e-5)).all()
    assert torch.equal(found[True].forwards, found[False].forwards)
    assert torch.equal(found[True].backwards, found[False].backwards)
