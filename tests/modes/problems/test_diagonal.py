"""Twelve hundred dimensions: the published rule refuses the truth, the corrected one does not."""

from __future__ import annotations

import pytest
import torch

from sparring.modes import mode_figures
from sparring.modes.problems.diagonal import Diagonal


def test_no_real_sample_passes_the_published_rule_and_all_but_one_in_a_thousand_the_corrected_one() -> None:
    x, modes = Diagonal().draw(2500)
    placed = Diagonal().judge()(x)
    figures = mode_figures(placed, 10)
    assert figures.published == 0
    assert figures.quality > 0.995
    assert figures.captured == 10
    assert placed.mode.equal(modes)
    assert figures.spread == pytest.approx(700**0.5, rel=0.002)


def test_both_rules_are_the_distances_they_say() -> None:
    """Ten deviations; and √700 + 3/√2, within which 99.87 % of real samples are: χ² of 700 squares."""
    x = Diagonal().centers()[:4]
    x[:, 0] += torch.tensor([9.9, 10.1, Diagonal.limit - 0.1, Diagonal.limit + 0.1])
    placed = Diagonal().judge()(x)
    assert placed.published is not None
    assert placed.published.tolist() == [True, False, False, False]
    assert placed.good.tolist() == [True, True, True, False]
    within = torch.special.gammainc(torch.tensor(350.0).double(), torch.tensor(Diagonal.limit**2 / 2).double())
    assert within.item() == pytest.approx(0.9987, abs=3e-4)


def test_noise_is_on_the_first_700_coordinates_alone() -> None:
    x, modes = Diagonal().draw(500)
    rest = x - Diagonal().centers()[modes].float()
    assert bool((rest[:, 700:] == 0).all())
    assert rest[:, :700].std().item() == pytest.approx(1, rel=0.01)


def test_a_sample_without_noise_passes_both_rules_and_its_spread_says_so() -> None:
    figures = mode_figures(Diagonal().judge()(Diagonal().centers().float()), 10)
    assert figures.quality == figures.published == 1
    assert figures.spread == pytest.approx(0, abs=1e-5)


def test_nothing_real_is_outside_the_box() -> None:
    images = Diagonal().data(200).images()
    assert torch.allclose(Diagonal().boxed(Diagonal().unboxed(images)), images, atol=1e-6)
    assert images.min().item() > 0.05
