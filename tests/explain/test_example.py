"""The worked example, by hand."""

import pytest

from sparring.explain import explain_linear


def test_minus_four_becomes_one_point_six() -> None:
    example = explain_linear(draws=2)["example"]
    assert (example["before"], example["after"]) == (-4.0, 1.6)
    assert example["after_sign"] == pytest.approx(-4 + 0.2 * 12)


def test_the_shift_grows_with_the_dimension_and_the_score_with_its_root() -> None:
    growth = explain_linear(draws=100)["growth"]
    for row in growth:
        d = row["dimension"]
        assert row["shift"] == pytest.approx(0.2 * d * 0.7979, rel=0.1)  # E|w| = √(2/π)
        assert row["score"] == pytest.approx(0.7979 * d**0.5, rel=0.3)
    assert growth[-1]["ratio"] > 50 > growth[0]["ratio"]
