"""Wilson's interval against its formula, and against what it promises."""

import math

import pytest
from scipy.stats import binom

from sparring.audit.statistics import wilson


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
