"""Repeats tell how many there are: of days, of modes, of points."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.errors import InputError
from sparring.modes import first_near, first_repeats, same_below, support


@pytest.mark.parametrize("size", [8, 25, 365, 5000])
def test_a_uniform_distribution_is_as_large_as_it_is(size: int) -> None:
    kinds = torch.randint(size, (20_000,), generator=torch.Generator().manual_seed(size))
    found = support(first_repeats(kinds, draws=1500))
    assert found == pytest.approx(size, rel=0.12)


def test_two_modes_of_a_hundred_count_as_two() -> None:
    kinds = torch.randint(2, (2500,), generator=torch.Generator().manual_seed(0)) * 50
    assert support(first_repeats(kinds, draws=2000)) == pytest.approx(2, abs=0.5)


def test_who_has_one_image_repeats_at_once_and_who_never_repeats_has_no_end() -> None:
    assert support(first_repeats(torch.zeros(50, dtype=torch.int64))) < 2
    assert math.isinf(support(first_repeats(torch.arange(500))))


def test_points_repeat_as_their_cells_do() -> None:
    """Copies of 200 far points, each a little moved: near means the same one."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.randint(200, (1500,), generator=generator)
    points = 10 * kinds[:, None] + 0.1 * torch.rand(1500, 1, generator=generator)
    assert torch.equal(first_near(points, 1.0, draws=50).sort().values > 1, torch.ones(50, dtype=torch.bool))
    assert support(first_near(points, 1.0, draws=1000)) == pytest.approx(200, rel=0.15)
    assert bool(first_near(points, 1e-9, draws=5).gt(1).all())
    assert math.isinf(support(first_near(10.0 * torch.arange(20)[:, None], 1.0, draws=5)))


def test_near_is_what_few_pairs_of_the_truth_are() -> None:
    points = torch.arange(201.0)[:, None].expand(-1, 1)
    modes = torch.zeros(201, dtype=torch.int64)
    below = same_below(points, modes)
    assert float((torch.pdist(points) < below).double().mean()) <= 0.01
    assert below == 2
    with pytest.raises(InputError, match="two real samples of one mode"):
        same_below(points[:2], torch.tensor([0, 1]))
