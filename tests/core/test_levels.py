"""256 levels: to bytes and back without loss, and rounding that never moves an image away from its original."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from sparring.core.levels import exact_levels, from_bytes, levels_toward, nearest_levels, to_bytes

ALL = torch.arange(256, dtype=torch.uint8)


def test_every_level_survives_the_way_to_floats_and_back() -> None:
    """G2, T14: no truncation, in either type."""
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(to_bytes(from_bytes(ALL, dtype)), ALL)
    assert torch.equal(nearest_levels(from_bytes(ALL)), from_bytes(ALL))


def test_values_between_levels_go_to_the_nearest_and_beyond_the_ends_to_the_end() -> None:
    z = torch.tensor([-0.3, 0.49 / 255, 0.51 / 255, 254.6 / 255, 1.2])
    assert to_bytes(z).tolist() == [0, 0, 1, 255, 255]


@given(st.integers(0, 255), st.floats(0, 1))
def test_rounding_toward_the_original_never_adds_distance(level: int, value: float) -> None:
    x, z = from_bytes(torch.tensor([[level]])), torch.tensor([[value]])
    rounded = levels_toward(x, z)
    assert torch.equal(from_bytes(to_bytes(rounded)), rounded)
    moved, asked = float((rounded - x).abs()), float((z - x).abs())
    assert moved <= asked + 1e-6
    assert moved > asked - 1 / 255 - 1e-6
    assert float((rounded - x) * (z - x)) >= 0


def test_levels_that_are_exact_stay_where_they_are() -> None:
    x = from_bytes(torch.full((256,), 100, dtype=torch.uint8))[None]
    z = from_bytes(ALL)[None]
    assert torch.equal(levels_toward(x, z), z)
    assert torch.equal(levels_toward(x, torch.nextafter(z, x)), z)


def test_exact_levels_are_the_fractions_themselves() -> None:
    assert exact_levels(from_bytes(ALL)).tolist() == [k / 255 for k in range(256)]
