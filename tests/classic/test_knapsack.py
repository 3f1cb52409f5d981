"""The dynamic program against every subset there is."""

import itertools

import numpy as np
import pytest

from sparring.classic._knapsack import cheapest


def brute_force(gains: np.ndarray, costs: np.ndarray, gap: float) -> float:
    m, v = gains.shape
    best = np.inf
    for picks in itertools.product(range(-1, v), repeat=m):
        taken = [(i, k) for i, k in enumerate(picks) if k >= 0]
        if sum(gains[i, k] for i, k in taken) >= gap:
            best = min(best, sum(costs[i, k] for i, k in taken))
    return best


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("m", "v"), [(9, 1), (4, 3)])
def test_it_is_the_cheapest_of_all_subsets(seed: int, m: int, v: int) -> None:
    rng = np.random.default_rng(seed)
    gains = rng.normal(0.5, 1, (m, v))
    costs = rng.integers(1, 5, (m, v)).astype(float) if seed % 2 else rng.uniform(0.1, 3, (m, v))
    costs[rng.random((m, v)) < 0.15] = np.inf
    gap = float(rng.uniform(0.5, 0.8 * np.where(np.isfinite(costs), gains, 0).clip(0).max(1).sum()))
    found = cheapest(gains, costs, gap)
    truth = brute_force(gains, costs, gap)
    assert found is not None
    assert found.cost == pytest.approx(truth)
    assert found.bound == pytest.approx(truth)  # and it knows that it is
    taken = np.flatnonzero(found.option >= 0)
    assert gains[taken, found.option[taken]].sum() >= gap
    assert costs[taken, found.option[taken]].sum() == pytest.approx(found.cost)


@pytest.mark.parametrize("seed", range(8))
def test_a_coarse_grid_only_costs_time_not_truth(seed: int) -> None:
    """From 3 levels the rounding misleads at first; the bound tells, and the grid is refined."""
    rng = np.random.default_rng(seed)
    gains, costs = rng.uniform(0.1, 1, (10, 1)), rng.uniform(0.5, 2, (10, 1))
    gap = 0.5 * float(gains.sum())
    found = cheapest(gains, costs, gap, levels=3)
    assert found is not None
    assert found.cost == pytest.approx(brute_force(gains, costs, gap))
    assert found.bound <= found.cost


def test_changes_that_cost_nothing_are_free_and_those_that_gain_nothing_left_alone() -> None:
    found = cheapest(np.array([[1.0], [-1.0], [0.0], [2.0]]), np.array([[0.0], [0.0], [1.0], [3.0]]), 0.9)
    assert found is not None
    assert (found.cost, found.option.tolist()) == (0.0, [0, -1, -1, -1])


def test_where_all_do_not_suffice_there_is_no_answer() -> None:
    assert cheapest(np.array([[1.0], [1.0]]), np.array([[1.0], [np.inf]]), 1.5) is None
    assert cheapest(np.array([[-1.0]]), np.array([[1.0]]), 0.1) is None


def test_all_of_them_when_only_all_suffice() -> None:
    gains = np.full((7, 1), 1 / 3)
    found = cheapest(gains, np.ones((7, 1)), float(gains.sum()))
    assert found is not None
    assert (found.cost, found.bound) == (7.0, 7.0)
