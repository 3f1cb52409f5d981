"""Flat: chance is no improvement, and many small improvements are one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparring.train._flat import is_flat

LOOKS = st.lists(st.tuples(st.floats(-10, 10), st.floats(0.01, 1)), max_size=30)


@pytest.mark.parametrize(
    ("figures", "flat"),
    [
        ([], False),
        ([9.0], False),
        ([9, 9, 9], False),
        ([9, 9, 9, 9], True),
        ([9, 12, 15, 8.1], True),
        ([9, 9, 9, 6], False),
        ([9, 6, 6, 6, 3], False),
        ([9, 6, 6, 6, 6], True),
        ([9, 8.4, 7.8, 7.2, 6.6], False),
    ],
)
def test_by_hand(figures, flat):
    """The noise is 1: what is less than 2 below the mark is none; small steps add up, as the mark stays."""
    assert is_flat([(figure, 1.0) for figure in figures], patience=3) == flat


@given(LOOKS, st.integers(1, 6))
def test_more_patience_never_ends_sooner_and_scale_does_not_matter(looks, patience):
    assert is_flat(looks, patience) or not is_flat(looks, patience + 1)
    assert is_flat([(4 * figure, 4 * noise) for figure, noise in looks], patience) == is_flat(looks, patience)


def test_noise_alone_ends_it_and_a_trend_below_the_noise_does_not():
    """A trend of a third of the noise a look is not seen at any one look, and is not flat in any 8."""
    generator = torch.Generator().manual_seed(0)
    ended = {"noise": 0, "trend": 0}
    for _ in range(100):
        draws = torch.randn(20, generator=generator).tolist()
        ended["noise"] += is_flat([(x, 1.0) for x in draws], 8)
        trend = [(x - 0.6 * i, 1.0) for i, x in enumerate(draws)]
        ended["trend"] += any(is_flat(trend[:n], 8) for n in range(21))
    assert ended["noise"] > 90
    assert ended["trend"] < 10
