"""JSMA: the exact search over pairs, exact counts on linear models, edges of the box."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.jsma import JSMA, best_pair
from sparring.errors import InputError


@pytest.mark.parametrize("shift", [0.0, -0.7, 0.5])
def test_best_pair_is_that_of_brute_force(shift: float) -> None:
    source = torch.Generator().manual_seed(0)
    rise = torch.randn(60, 9, generator=source, dtype=torch.float64) + shift
    fall = torch.randn(60, 9, generator=source, dtype=torch.float64) + shift
    fall[::7] = rise[::7]
    first, second, useful = best_pair(rise, fall)
    for u, v, p, q, some in zip(rise, fall, first, second, useful, strict=True):
        pairs = [(i,) for i in range(9)] + list(combinations(range(9), 2))
        sums = [(float(u[list(pair)].sum()), float(v[list(pair)].sum())) for pair in pairs]
        best = max((a * b for a, b in sums if a > 0 and b > 0), default=None)
        assert bool(some) == (best is not None)
        if best is not None:
            got = sorted({int(p), int(q)})
            assert float(u[got].sum() * v[got].sum()) == pytest.approx(best)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_changes_the_fewest_coordinates(linear: Callable[..., Any], classes: int, biting: bool) -> None:
    """T6: exact where one boundary decides; elsewhere the runner-up may not be the nearest class, by one at most."""
    problem = linear(classes, biting=biting)
    found = sparring.attack(problem.net, problem.x, problem.y, "jsma")
    more = found.distance - problem.nearest("l0")
    assert (more >= 0).all()
    assert (more <= (0 if classes == 2 else 1)).all(), more


def test_reaches_the_target(linear: Callable[..., Any]) -> None:
    """T34."""
    problem = linear(2)
    found = sparring.attack(problem.net, problem.x, problem.y, "jsma", targets=problem.targets)
    assert torch.equal(found.distance, problem.nearest("l0", True))
    problem = linear(4)
    found = sparring.attack(problem.net, problem.x, problem.y, "jsma", targets=problem.targets)
    assert (found.logits.argmax(1)[found.success] == problem.targets[found.success]).all()
    assert found.success.double().mean() > 0.5


@pytest.mark.parametrize(("direction", "sign"), [("up", 1), ("down", -1)])
def test_moves_one_way_only(digits_net: tuple[nn.Module, Tensor, Tensor], direction: str, sign: int) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], f"jsma(direction={direction})")
    moved = (found.images - x[:40])[found.success]
    assert found.success_rate > 0.5
    assert (moved * sign >= 0).all()


def test_theta_is_the_share_of_the_box_of_one_move(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:40], y[:40], "jsma(theta=0.25, direction=up)")
    moved = (found.images - x[:40])[found.success]
    room = (1 - x[:40])[found.success]
    steps = moved / 0.25
    assert found.success_rate > 0.5
    assert ((steps - steps.round()).abs().lt(1e-5) | (moved - room).abs().lt(1e-6)).all()


def test_a_coordinate_at_its_edge_is_not_taken_again() -> None:
    """The steepest coordinate has no room: the attack must take the others, and end when all are used up."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).requires_grad_(False)
    net[1].weight.copy_(torch.tensor([[0.0] * 4, [9.0, 1.0, 0.9, 0.8]]))
    net[1].bias.copy_(torch.tensor([0.0, -10.0]))
    x = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    found = sparring.attack(net, x, torch.tensor([0]), "jsma")
    assert found.images.tolist() == [[1.0, 1.0, 1.0, 0.0]]
    net[1].bias.copy_(torch.tensor([0.0, -20.0]))
    assert not sparring.attack(net, x, torch.tensor([0]), "jsma").success


@pytest.mark.parametrize(("text", "threat", "most"), [("jsma(gamma=0.05)", "l0(inf)", 3), ("jsma", "l0(1)", 1)])
def test_counts_are_bounded(digits_net: tuple[nn.Module, Tensor, Tensor], text: str, threat: str, most: int) -> None:
    """Γ and ε both hold, odd numbers too, where pairs do not fit."""
    net, x, y = digits_net
    found = sparring.attack(net, x[:80], y[:80], text, threat)
    counts = (found.images != x[:80]).flatten(1).sum(1)
    assert int(counts.max()) == most
    assert (~found.success).any()


@pytest.mark.parametrize("outputs", ["probabilities", "logits"])
def test_passes_are_as_told(digits_net: tuple[nn.Module, Tensor, Tensor], outputs: str) -> None:
    net, x, y = digits_net
    attack = JSMA(steps=4, outputs=outputs)  # type: ignore[arg-type]
    found = sparring.attack(net, x[:40], y[:40], attack, fast=False)
    assert found.success.any()
    assert (found.forwards + found.backwards <= 3 + attack.passes(10)).all()


@pytest.mark.parametrize(
    "text", ["jsma(theta=0)", "jsma(gamma=1.5)", "jsma(steps=0)", "jsma(direction=left)", "jsma(outputs=labels)"]
)
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
