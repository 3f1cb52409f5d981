"""Samples of anybody are counted as those of a bench are, beside as many real ones."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.modes import count_modes, kl_floor, mode_figures
from sparring.modes.problems.diagonal import Diagonal
from sparring.modes.problems.grid import Grid


def test_half_of_the_modes_have_a_reverse_kl_of_log_two() -> None:
    """p̂ uniform on 5 of 10 modes: Σ ⅕ ln(10 / 5)."""
    x = Diagonal().centers()[:5].float().repeat(20, 1)
    found = count_modes(x, "diagonal")
    assert (found.figures.captured, found.truth.captured) == (5, 10)
    assert found.figures.kl == pytest.approx(0.6931, abs=1e-4)
    assert (found.figures.spread, found.figures.published) == (pytest.approx(0, abs=1e-3), 1.0)
    assert found.floor == kl_floor(10, 100)


def test_the_truth_is_of_as_many_samples_and_drawn_by_the_seed() -> None:
    x = Grid().draw(300)[0]
    one, same, other = (count_modes(x, Grid(), seed=seed) for seed in (1, 1, 2))
    assert one.figures == mode_figures(Grid().judge()(x), 25, 1)
    assert one.truth.n == 300
    assert one == same
    assert one.truth != other.truth


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected samples \(n, 2\)"):
        count_modes(torch.zeros(5, 3), "ring")


def test_what_does_not_repeat_has_no_figure_in_json() -> None:
    figures = count_modes(Grid().centers()[:2].float(), "grid").figures
    assert figures.support == float("inf")
    assert figures.record()["support"] is None
