"""Square on linear models, where the best corner is known, and on a trained net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks.square import Square
from sparring.errors import InputError
from sparring.threats.linf import Linf


@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize(
    ("norm", "eps", "least"),
    [("linf", 0.05, 0.999), ("l2", 0.3, 0.6), pytest.param("l1", 1.0, 0.5, marks=pytest.mark.slow)],
)
def test_climbs_a_linear_margin(linear: Callable[..., Any], norm: str, eps: float, least: float, biting: bool) -> None:
    """To the best corner in Linf; in L2 and L1 bumps hold no gradient exactly, but most of what it could reach."""
    problem = linear(2, biting=biting)
    threat = f"{norm}({eps})"
    found = sparring.attack(problem.net, problem.x, problem.y, "square(queries=600)", threat, early_stop=False)
    share = problem.gained(found.strongest) / problem.reachable(norm, eps)
    assert (share < 1 + 1e-4).all()
    assert float(share.mean()) > least, share


@pytest.mark.parametrize("norm", ["linf", *(pytest.param(each, marks=pytest.mark.slow) for each in ("l2", "l1"))])
@pytest.mark.parametrize("classes", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_reaches_a_target(linear: Callable[..., Any], norm: str, classes: int) -> None:
    """T1, T34: with ε twice the least distance at the median, at least a quarter of the images."""
    problem = linear(classes, n=20)
    eps = 2 * float(problem.nearest(norm, True).median())
    found = sparring.attack(
        problem.net, problem.x, problem.y, "square(queries=400)", f"{norm}({eps})", targets=problem.targets
    )
    assert float(found.success.double().mean()) >= 0.25
    assert (found.logits.argmax(1) == problem.targets)[found.success].all()


@pytest.mark.parametrize(
    ("shape", "bounds"),
    [
        pytest.param((16,), (-3.0, 2.0), marks=pytest.mark.slow),
        ((3, 2, 3), (0.0, 255.0)),
        pytest.param((2, 9), (0.0, 1.0), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_any_shape_and_bounds(
    linear: Callable[..., Any], norm: str, shape: tuple[int, ...], bounds: tuple[float, float]
) -> None:
    """T15: the same share of images falls, whatever the unit, and images of one row are served."""
    problem = linear(3, shape, bounds=bounds, dtype=torch.float64)
    eps = 2 * float(problem.nearest(norm).median())
    threat = f"{norm}({eps}, bounds=({bounds[0]}, {bounds[1]}))"
    found = sparring.attack(problem.net, problem.x, problem.y, "square(queries=300)", threat)
    assert float(found.success.double().mean()) >= 0.5


def test_one_query_is_stripes(linear: Callable[..., Any]) -> None:
    """T19: the first image is looked at too: every pixel at x ± ε, in columns of one sign a channel."""
    seen = []

    def model(x: Tensor) -> Tensor:
        seen.append(x)
        return torch.stack([x.flatten(1).sum(1) * 0, x.flatten(1).sum(1) * 0 - 1], 1)

    x = torch.full((3, 2, 4, 5), 0.5)
    found = sparring.attack(model, x, torch.zeros(3, dtype=torch.int64), "square(queries=1)", "linf(0.1)")
    assert found.forwards.tolist() == [2, 2, 2]
    change = seen[-1] - x
    assert torch.allclose(change.abs(), torch.full_like(x, 0.1))
    assert torch.equal(change, change[:, :, :1].expand_as(change))
    assert len(set(change[:, :, 0].flatten().tolist())) == 2


def test_every_query_changes_one_square_of_one_sign(linear: Callable[..., Any]) -> None:
    """A place and a sign for each sample, and never an image that was looked at just before."""
    seen: list[Tensor] = []

    def model(x: Tensor) -> Tensor:
        seen.append(x.clone())
        return torch.stack([torch.full((len(x),), 2.0), torch.zeros(len(x))], 1)

    x = torch.full((6, 1, 8, 8), 0.5)
    sparring.attack(model, x, torch.zeros(6, dtype=torch.int64), "square(queries=200)", "linf(0.1)")
    first = seen[-200]
    for z in seen[-199:]:  # nothing rises, so each is one square away from the first
        change = (z - first)[:, 0].sign()
        assert (change != 0).flatten(1).any(1).all()
        assert (change.flatten(1).amax(1) * change.flatten(1).amin(1) >= 0).all()
        rows, columns = (change != 0).any(2), (change != 0).any(1)
        for line in (*rows, *columns):
            place = line.nonzero()[:, 0]
            assert int(place.max() - place.min()) < 7
    late = [(z - first)[:, 0] != 0 for z in seen[-20:]]
    assert all(int(each.flatten(1).sum(1).max()) == 1 for each in late)  # one pixel at the end
    assert len({tuple(each[i].flatten().nonzero()[0].tolist()) for each in late for i in range(6)}) > 15


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.15), ("l2", 2.0), ("l1", 12.0)])
def test_more_queries_break_more(digits_net: tuple[nn.Module, Tensor, Tensor], norm: str, eps: float) -> None:
    """T36: and what is broken asks no more."""
    net, x, y = digits_net
    few, many = (
        sparring.attack(net, x[:60], y[:60], f"square(queries={queries})", f"{norm}({eps})") for queries in (10, 400)
    )
    assert many.success_rate > few.success_rate + 0.1
    assert many.success_rate >= 0.5
    assert not many.backwards.any()
    assert float(many.forwards[many.success].double().median()) < 300
    assert (many.forwards <= 2 + Square(queries=400).passes(10)).all()


def test_restarts_only_add(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T25."""
    net, x, y = digits_net
    one, three = (
        sparring.attack(net, x[:60], y[:60], f"square(queries=40, restarts={restarts})", "linf(0.12)").success
        for restarts in (1, 3)
    )
    assert (three | ~one).all()
    assert int(three.sum()) > int(one.sum())


def test_eps_by_channel() -> None:
    """T15: a channel moves by its own ε."""
    x = torch.full((2, 2, 3, 3), 0.5)
    net = nn.Sequential(nn.Flatten(), nn.Linear(18, 2)).requires_grad_(False)
    found = sparring.attack(net, x, net(x).argmax(1), "square(queries=50)", Linf(eps=(0.1, 0.3)), early_stop=False)
    change = (found.strongest - x).abs().amax((2, 3))
    assert torch.allclose(change, torch.tensor([[0.1, 0.3]]).expand(2, 2))


@pytest.mark.parametrize("text", ["square(queries=0)", "square(restarts=0)", "square(p_init=0)", "square(p_init=1.5)"])
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)


def test_no_eps_is_refused(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    with pytest.raises(InputError, match="finite eps"):
        sparring.attack(net, x[:2], y[:2], "square", "linf(inf)")
