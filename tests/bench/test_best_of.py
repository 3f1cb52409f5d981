"""Best of k: every subset counted by hand, laws that hold for any figures, and intervals that cover."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.bench._best_of import best_interval, expected_best, left_out, mean_interval, places
from sparring.errors import InputError

FIGURES = st.lists(st.floats(0, 1e3), min_size=1, max_size=8)


def by_hand(told: list[float], k: int, by: list[float]) -> float:
    """Make every choice of k trials, choose in each, and take the mean."""
    subsets = itertools.combinations(range(len(told)), k)
    chosen = [min(subset, key=lambda i: (by[i], -told[i])) for subset in subsets]
    return math.fsum(told[i] for i in chosen) / len(chosen)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_it_is_the_mean_over_every_choice_of_k_trials(n: int) -> None:
    """G40: what is chosen by one half is told by the other, in the closed form as by hand."""
    rng = np.random.default_rng(n)
    told, by = rng.random(n).tolist(), rng.integers(0, 4, n).astype(float).tolist()
    for k in range(1, n + 1):
        assert expected_best(told, k).item() == pytest.approx(by_hand(told, k, told), rel=1e-12)
        assert expected_best(told, k, by).item() == pytest.approx(by_hand(told, k, by), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(FIGURES)
def test_it_falls_from_the_mean_to_the_least(told: list[float]) -> None:
    best = expected_best(told, range(1, len(told) + 1))
    assert best[0] == pytest.approx(np.mean(told), rel=1e-9, abs=1e-9)
    assert best[-1] == min(told)
    assert (np.diff(best) <= 1e-9 * max(told)).all()


@settings(max_examples=25, deadline=None)
@given(FIGURES, st.randoms(use_true_random=False))
def test_the_order_of_trials_decides_nothing_and_choosing_by_another_figure_flatters_nobody(
    told: list[float], random: object
) -> None:
    by = [float(i % 3) for i in range(len(told))]
    pairs = list(zip(told, by, strict=True))
    random.shuffle(pairs)
    again = [list(part) for part in zip(*pairs, strict=True)]
    ks = range(1, len(told) + 1)
    assert expected_best(told, ks, by) == pytest.approx(expected_best(again[0], ks, again[1]))
    assert (expected_best(told, ks, by) >= expected_best(told, ks) - 1e-9).all()


def test_what_failed_counts_until_it_cannot_be_all_that_is_drawn() -> None:
    assert expected_best([1.0, 2.0, math.inf, math.inf], [1, 2, 3, 4]).tolist() == [math.inf, math.inf, 1.25, 1.0]


@pytest.mark.parametrize(
    ("told", "k", "by"),
    [([1.0], 2, None), ([1.0], 0, None), ([math.nan], 1, None), ([1.0, 2.0], 1, [1.0]), ([], 1, None)],
)
def test_what_has_no_best_is_refused(told: list[float], k: int, by: list[float] | None) -> None:
    with pytest.raises(InputError, match="expected"):
        expected_best(told, k, by)


def test_each_trial_is_left_out_in_turn() -> None:
    told, by = [5.0, 2.0, 9.0, 4.0], [3.0, 1.0, 2.0, 4.0]
    logs = left_out(told, 2, by)
    for i in range(4):
        rest = [j for j in range(4) if j != i]
        assert math.exp(logs[i]) == pytest.approx(by_hand([told[j] for j in rest], 2, [by[j] for j in rest]))
    with pytest.raises(InputError, match="above 0"):
        left_out([0.0, 1.0, 2.0], 1)


def test_an_interval_at_k_1_is_that_of_the_mean_where_figures_are_near_each_other() -> None:
    """There the logarithm is a line, and the jackknife of a mean is s / √n."""
    told = [10.0, 10.1, 9.95, 10.02]
    low, high = best_interval(told, 1) or (0.0, 0.0)
    assert (low, high) == pytest.approx(mean_interval(told), rel=1e-3)
    assert best_interval(told, 4) is None
    assert best_interval(told[:2], 1) is None


def test_places_are_shared_where_a_difference_may_be_chance() -> None:
    rng = np.random.default_rng(0)
    luck = np.exp(rng.normal(0, 1, 8))

    def placed(*methods: np.ndarray, k: int = 2) -> list[tuple[int, int]]:
        return places([expected_best(told, k).item() for told in methods], [left_out(told, k) for told in methods])

    assert placed(luck, 1.01 * luck) == [(1, 1), (2, 2)]  # in pairs they differ, though their intervals overlap
    assert placed(luck, 1.05 * luck[::-1], 1e3 * luck) == [(1, 2), (1, 2), (3, 3)]
    assert placed(luck, luck) == [(1, 2), (1, 2)]
    assert placed(luck) == [(1, 1)]
    assert placed(luck[:2], 9 * luck[:2], k=1) == [(1, 2), (1, 2)]  # two trials tell nothing


def test_students_interval_is_that_of_the_tables() -> None:
    """t of 0.975 at 3 degrees of freedom is 3.182."""
    low, high = mean_interval([11.0, 12.0, 13.0, 14.0]) or (0.0, 0.0)
    assert math.log(high / low) / 2 == pytest.approx(3.182 * np.std([1, 2, 3, 4], ddof=1) / 2 / 12.5, rel=1e-3)
    assert low * high == pytest.approx(12.5**2)


@pytest.mark.parametrize(("n", "k", "spread"), [(10, 1, 1.0), (10, 5, 0.5)])
def test_intervals_cover(n: int, k: int, spread: float) -> None:
    """Log-normal figures: the interval holds the true expectation in 86 to 98 of 100 benches."""
    rng, benches = np.random.default_rng(0), 400
    truth = np.exp(rng.normal(0, spread, (200_000, k))).min(1).mean()
    held = 0
    for _ in range(benches):
        low, high = best_interval(np.exp(rng.normal(0, spread, n)), k) or (0.0, 0.0)
        held += bool(low <= truth <= high)
    assert 0.86 <= held / benches <= 0.98
