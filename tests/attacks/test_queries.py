"""What attacks by queries share: the purse, bisection, starts and blocks."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from sparring.attacks._differences import falling, per_coordinate, rounds, slope
from sparring.attacks._objectives import margin
from sparring.attacks._queries import Queries, adversarial_start, grids
from sparring.attacks._search import Finished, Search
from sparring.core.seeds import Streams, sample_keys
from sparring.threats import Threat
from sparring.threats.l2 import L2
from sparring.threats.linf import Linf
from sparring.victims.base import Ledger


def above_half(x: Tensor) -> Tensor:
    """Class 1 where the first pixel is above one half."""
    return torch.stack([0.5 - x[:, 0], x[:, 0] - 0.5], 1)


def search_of(x: Tensor, threat: Threat, *, minimal: bool = True, early_stop: bool = True) -> Search:
    return Search(
        above_half, x, torch.zeros(len(x), dtype=torch.int64), None, threat, Ledger(len(x)), Streams(sample_keys(x, 0)),
        classes=2, minimal=minimal, active=torch.ones(len(x), dtype=torch.bool), early_stop=early_stop,
    )  # fmt: skip


def test_each_sample_has_a_purse_of_its_own() -> None:
    """T36, T37."""
    x = torch.tensor([[0.1, 0.0], [0.2, 0.0]])
    search = search_of(x, Linf(float("inf")))
    queries = Queries(search, 3)
    queries.reached(x, torch.tensor([True, False]))
    queries.reached(x)
    assert queries.left.tolist() == [1, 2]
    queries.reached(x)
    assert queries.reached(1 - x).tolist() == [False, True]
    with pytest.raises(Finished):
        queries.reached(x)
    assert search._ledger.forwards.tolist() == [3, 3]


def test_who_is_out_of_queries_is_nobodys_hit() -> None:
    x = torch.tensor([[0.1, 0.0], [0.2, 0.0]])
    queries = Queries(search_of(x, Linf(float("inf"))), 1)
    queries.reached(x, torch.tensor([True, False]))
    assert not queries.reached(1 - x, torch.tensor([True, False])).any()


@pytest.mark.parametrize(("eps", "early_stop", "left"), [(0.5, True, False), (0.5, False, True), (0.3, True, True)])
def test_a_success_inside_a_finite_eps_leaves(eps: float, early_stop: bool, left: bool) -> None:
    x = torch.tensor([[0.1, 0.0]])
    search = search_of(x, Linf(eps), early_stop=early_stop)
    assert Queries(search, 9).reached(torch.tensor([[0.55, 0.0]])).all()
    assert bool(search.active) == left


def test_bisection_ends_where_the_boundary_is() -> None:
    """To a share of the answer, from above, in as few looks as that takes."""
    x = torch.tensor([[0.1, 0.0], [0.4, 0.0], [0.3, 0.0]])
    search = search_of(x, Linf(float("inf")))
    queries = Queries(search, 100)
    direction, zero, one = torch.tensor([1.0, 0.0]), torch.zeros(3), torch.ones(3)
    samples = torch.tensor([True, True, False])
    found = queries.bisect(lambda t: (x + t[:, None] * direction).clamp(0, 1), zero, one, samples, 0.01)
    assert ((found[:2] > torch.tensor([0.4, 0.1])) & (found[:2] <= 1.01 * torch.tensor([0.4, 0.1]) + 1e-6)).all()
    assert found[2] == 1
    assert queries.left.tolist() == [92, 90, 100]


def test_a_start_is_found_or_the_sample_is_given_up() -> None:
    """T22, T31: what is drawn for a sample does not depend on when another finds its start."""
    x = torch.tensor([[0.1, 0.0], [0.2, 0.0]])
    search = search_of(x, L2(float("inf")))
    start = adversarial_start(search, Queries(search, 100))
    assert (start[:, 0] > 0.5).all()
    alone = search_of(x[1:], L2(float("inf")))
    assert torch.equal(adversarial_start(alone, Queries(alone, 100)), start[1:])
    assert torch.equal(search.streams.uniform((1,))[1:], alone.streams.uniform((1,)))
    never = search_of(x, L2(float("inf")))
    never.goal = lambda logits, labels, targets: -logits.abs().sum(1) - 1
    queries = Queries(never, 100)
    adversarial_start(never, queries)
    assert not never.active.any()
    assert queries.left.tolist() == [50, 50]


@pytest.mark.parametrize("shape", [(7,), (1, 4, 4), (3, 5, 6), (1,)])
def test_blocks_halve_down_to_single_coordinates(shape: tuple[int, ...]) -> None:
    levels = grids(shape)
    size = torch.Size(shape).numel()
    assert levels[0].max() == 0
    assert len(set(levels[-1].flatten().tolist())) == size
    for coarse, fine in itertools.pairwise(levels):
        counts = fine.flatten().bincount()
        assert (counts > 0).all()
        assert len(counts) <= 2 * int(coarse.max() + 1)


def test_blocks_of_an_image_are_squares() -> None:
    assert grids((4, 4))[2].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]


@pytest.mark.parametrize("draw", ["normal", "signs"])
def test_a_slope_is_the_gradient_in_the_mean(draw: str) -> None:
    """The margin's is (2, 0) here: a wrong sign, factor or mean over the batch would show (T6)."""
    x = torch.tensor([[0.4, 0.5], [0.3, 0.6], [0.35, 0.5]])
    search = search_of(x, Linf(0.09), minimal=False)
    found = slope(search, Queries(search, 10**6), x, margin, pairs=2000, sigma=0.01, draw=draw) / 2000  # type: ignore[arg-type]
    exact = torch.tensor([2.0, 0.0]) * 2 * 0.01  # the rise over both sides, a whole σ from it
    assert torch.allclose(found, exact.expand_as(found), atol=0.004), found


def test_shares_of_budget_and_ball() -> None:
    x = torch.zeros(1, 4, 4)
    assert per_coordinate(L2(2.0), x, 2.0) == 0.5
    assert per_coordinate(Linf(0.1), x, 0.1) == 0.1
    assert [rounds(queries, 10) for queries in (5, 20, 21, 41)] == [1, 1, 1, 2]
    assert falling(3) == pytest.approx([1, 0.55, 0.1])
    assert falling(1) == [1]
