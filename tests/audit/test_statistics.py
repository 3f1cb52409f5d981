"""Intervals and tests against their formulas, against brute force, and against what they promise."""

import math

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import binom, multinomial

from sparring.audit.statistics import clopper_pearson, mcnemar, paired_difference, sample_size, wilson
from sparring.errors import InputError


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (500, 1000), (1, 1)])
def test_it_is_the_formula(k: int, n: int) -> None:
    z, p = 1.959963984540054, k / n
    center = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = wilson(k, n)
    assert low == pytest.approx(max(0.0, center - half), abs=1e-9)
    assert high == pytest.approx(min(1.0, center + half), abs=1e-9)


def test_t39_a_thousand_samples_at_one_half_tell_three_points() -> None:
    """T39: n = 1000 at 50 % is ± 3.1 points."""
    low, high = wilson(500, 1000)
    assert (high - low) / 2 == pytest.approx(0.031, abs=5e-4)


def test_it_covers_the_truth_nineteen_times_in_twenty() -> None:
    n, p = 200, 0.3
    covered = sum(binom.pmf(k, n, p) for k in range(n + 1) if wilson(k, n)[0] <= p <= wilson(k, n)[1])
    assert 0.93 < covered < 0.97


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (70, 200)])
def test_clopper_pearson_is_where_the_tails_are_small(k: int, n: int) -> None:
    low, high = clopper_pearson(k, n)
    assert k == 0 or binom.sf(k - 1, n, low) == pytest.approx(0.025, rel=1e-6)
    assert k == n or binom.cdf(k, n, high) == pytest.approx(0.025, rel=1e-6)
    assert low <= wilson(k, n)[0] + 0.01
    assert (k, low) == (0, 0.0) or low > 0


def test_clopper_pearson_never_covers_less_than_it_says() -> None:
    n = 30
    for p in (0.01, 0.1, 0.33, 0.5, 0.97):
        inside = [k for k in range(n + 1) if clopper_pearson(k, n)[0] <= p <= clopper_pearson(k, n)[1]]
        assert sum(binom.pmf(k, n, p) for k in inside) >= 0.95


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (3, 3), (1, 9), (12, 4), (0, 7), (8, 9)])
def test_mcnemar_counts_the_tosses_that_are_as_one_sided(b: int, c: int) -> None:
    """Every sequence of b + c coin tosses, counted."""
    tosses = b + c
    extreme = sum(math.comb(tosses, k) for k in range(tosses + 1) if abs(2 * k - tosses) >= abs(b - c))
    assert mcnemar(b, c) == pytest.approx(extreme / 2**tosses)
    assert mcnemar(b, c) == mcnemar(c, b)


def _likeliest(b: int, c: int, n: int, delta: float) -> float:
    """The most likely chance of a `c` sample under a difference of `delta`, by looking at every one on a fine grid."""
    low = max(0.0, -delta)
    q = np.linspace(low, (1 - delta) / 2, 200_001)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = xlogy(c, q) + xlogy(b, q + delta) + xlogy(n - b - c, 1 - 2 * q - delta)
    return float(q[np.nanargmax(likelihood)])


@pytest.mark.parametrize(("b", "c", "n"), [(30, 10, 1000), (1, 0, 40), (5, 9, 20), (3, 3, 50), (0, 6, 30)])
def test_tangos_ends_solve_his_equation_with_a_likelihood_maximized_by_hand(b: int, c: int, n: int) -> None:
    z = 1.959963984540054
    ends = paired_difference(b, c, n)
    assert ends[0] < (b - c) / n < ends[1]
    for delta, sign in zip(ends, (1, -1), strict=True):
        q = _likeliest(b, c, n, delta)
        variance = n * (2 * q + delta - delta * delta)
        assert (b - c - n * delta) / math.sqrt(variance) == pytest.approx(sign * z, abs=2e-3)


def test_tangos_interval_without_any_change_is_known() -> None:
    """With b = c = 0 the equation is nΔ/(1 − Δ) = z²."""
    z2 = 1.959963984540054**2
    assert paired_difference(0, 0, 100) == pytest.approx((-z2 / (100 + z2), z2 / (100 + z2)))


def test_tangos_interval_is_symmetric_and_bounded() -> None:
    low, high = paired_difference(7, 2, 60)
    assert paired_difference(2, 7, 60) == pytest.approx((-high, -low))
    assert paired_difference(10, 0, 10)[1] == 1.0
    assert 0 < paired_difference(10, 0, 10)[0] < 1
    assert paired_difference(0, 10, 10)[0] == -1.0


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.1), (0.2, 0.05), (0.02, 0.08)])
def test_tangos_interval_covers_the_truth_nineteen_times_in_twenty(p: float, q: float) -> None:
    n, covered = 40, 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = multinomial.pmf([b, c, n - b - c], n, [p, q, 1 - p - q])
            if chance > 1e-6:
                low, high = paired_difference(b, c, n)
                covered += chance * (low <= p - q <= high)
    assert 0.93 < covered < 0.985


def test_t39_samples_for_a_wanted_width_are_just_enough() -> None:
    """T39, the other way round: the worst case in closed form, and Wilson's own interval at the answer."""
    z = 1.959963984540054
    for width in (0.005, 0.01, 0.02, 0.1):
        assert sample_size(width) == math.ceil(z * z / (4 * width * width) - z * z)
    n = sample_size(0.02, p=0.25)
    low, high = wilson(round(n / 4), n)
    assert (high - low) / 2 == pytest.approx(0.02, abs=2e-5)
    assert sample_size(0.02, p=0.25) == sample_size(0.02, p=0.75) < sample_size(0.02)
    assert sample_size(0.02, level=0.99) > sample_size(0.02)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"width in \(0, 0\.5\)"):
        sample_size(2)
    with pytest.raises(InputError, match="share p"):
        sample_size(0.02, p=1.5)
    with pytest.raises(InputError, match="confidence level"):
        sample_size(0.02, level=95)
    with pytest.raises(InputError, match="b \\+ c <= n"):
        paired_difference(6, 6, 10)
    with pytest.raises(InputError, match="counts >= 0"):
        mcnemar(-1, 2)
