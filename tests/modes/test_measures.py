"""The figures in closed form, and that they do not depend on the order or the names of things."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.errors import InputError
from sparring.modes import Placed, first_repeats, mode_figures, reverse_kl, support


def test_known_counts_have_known_figures() -> None:
    mode = torch.tensor([0] * 50 + [1] * 30 + [2] * 20)
    good = torch.tensor([True] * 80 + [False] * 20)
    distance = torch.tensor([3.0] * 40 + [4.0] * 40 + [9.0] * 20)
    figures = mode_figures(Placed(mode, good, distance), 4)
    assert (figures.n, figures.captured, figures.quality) == (100, 2, 0.8)
    assert figures.kl == pytest.approx(0.5 * math.log(2) + 0.3 * math.log(1.2) + 0.2 * math.log(0.8))
    assert figures.covered == 0.75
    assert figures.spread == pytest.approx(math.sqrt(12.5))
    assert figures.published is None
    assert figures.support == support(first_repeats(mode))


def test_a_mode_is_captured_by_a_good_sample_alone() -> None:
    figures = mode_figures(Placed(torch.tensor([0, 1]), torch.tensor([True, False])), 2)
    assert figures.captured == 1
    assert figures.spread is None


def test_a_mode_is_covered_from_a_tenth_of_its_share_on() -> None:
    for rare, share in ((5, 1.0), (4, 0.5)):
        mode = torch.tensor([0] * (100 - rare) + [1] * rare)
        assert mode_figures(Placed(mode, mode == mode), 2).covered == share


def test_the_divergence_runs_from_zero_to_the_logarithm_of_the_modes() -> None:
    assert reverse_kl(torch.tensor([7] * 25)) == pytest.approx(0, abs=1e-12)
    assert reverse_kl(torch.tensor([0, 9, 0, 0])) == pytest.approx(math.log(4))
    assert reverse_kl(torch.tensor([1, 1, 0, 0])) == pytest.approx(math.log(2))


@settings(max_examples=50, deadline=None)
@given(modes=st.lists(st.integers(0, 6), min_size=2, max_size=60), seed=st.integers(0, 99))
def test_neither_the_order_of_samples_nor_the_names_of_modes_matter(modes: list[int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mode = torch.tensor(modes)
    good = torch.rand(len(modes), generator=generator) < 0.7
    order, names = torch.randperm(len(modes), generator=generator), torch.randperm(7, generator=generator)
    one = mode_figures(Placed(mode, good), 7)
    other = mode_figures(Placed(names[mode][order], good[order]), 7)
    assert (one.n, one.captured, one.covered) == (other.n, other.captured, other.covered)
    assert one.kl == pytest.approx(other.kl, abs=1e-12)
    assert one.quality == pytest.approx(other.quality, abs=1e-12)


def test_what_cannot_be_counted_is_refused() -> None:
    for mode in (torch.zeros(0, dtype=torch.int64), torch.tensor([0, 5]), torch.tensor([-1])):
        with pytest.raises(InputError, match="expected samples with modes from 0 to 2"):
            mode_figures(Placed(mode, mode == mode), 3)
