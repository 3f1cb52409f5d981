"""The floor is what a perfect sampler gets, near (K − 1) / 2n and above it where modes are many."""

from __future__ import annotations

import pytest

from sparring.errors import InputError
from sparring.modes import kl_floor


@pytest.mark.parametrize(("modes", "n"), [(8, 2500), (25, 2500), (10, 2500)])
def test_the_floor_of_few_modes_is_the_known_first_term(modes: int, n: int) -> None:
    assert kl_floor(modes, n) == pytest.approx((modes - 1) / (2 * n), rel=0.12)


@pytest.mark.parametrize(("n", "known"), [(10_000, 0.0511), (26_000, 0.0197), (50_000, 0.0101)])
def test_a_thousand_modes_have_the_known_floors(n: int, known: float) -> None:
    """G6: the figure falls with the number of samples, for a perfect sampler too."""
    found = kl_floor(1000, n, tries=40)
    assert found == pytest.approx(known, abs=0.0006)
    assert found > 999 / (2 * n)


def test_one_mode_has_no_floor_and_none_is_refused() -> None:
    assert kl_floor(1, 10, tries=3) == 0
    with pytest.raises(InputError, match="expected modes, n and tries >= 1"):
        kl_floor(0, 10)
