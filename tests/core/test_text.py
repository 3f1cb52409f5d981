"""Which values fit which field, and numbers that read back as themselves."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparring.core.text import fits, show_float


def test_numbers_fit_their_types() -> None:
    assert fits(1, float)
    assert not fits(True, float)
    assert not fits(True, int)
    assert not fits(1, bool)
    assert not fits((1, 2, 3), tuple[int, int])
    assert fits((1, 2, 3), tuple[int, ...])
    assert not fits("z", Literal["x", "y"])


@pytest.mark.parametrize(
    ("value", "text"), [(8 / 255, "8/255"), (-3 / 255, "-3/255"), (1.0, "1"), (0.2, "0.2"), (1e30, "1e+30")]
)
def test_numbers_are_written_as_people_do(value: float, text: str) -> None:
    assert show_float(value) == text


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-300, 300).map(lambda k: k / 255)))
def test_every_number_reads_back_as_itself(value: float) -> None:
    top, _, bottom = show_float(value).partition("/")
    assert float(top) / float(bottom or 1) == value


def test_what_is_no_type_fits_anything() -> None:
    assert fits(object(), Any)
