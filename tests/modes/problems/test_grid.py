"""Twenty-five centers, two apart."""

from __future__ import annotations

import math

import torch

from sparring.modes import mode_figures
from sparring.modes.problems.grid import Grid


def test_the_centers_are_all_pairs_of_five_even_numbers() -> None:
    assert {tuple(row) for row in Grid().centers().tolist()} == {
        (a, b) for a in range(-4, 5, 2) for b in range(-4, 5, 2)
    }
    assert torch.pdist(Grid().centers()).min().item() == 2


def test_the_truth_has_98_9_percent_of_high_quality() -> None:
    figures = mode_figures(Grid().judge()(Grid().draw(100_000, seed=1)[0]), 25)
    assert abs(figures.quality - (1 - math.exp(-4.5))) < 0.0014
    assert figures.captured == 25
    assert figures.covered == 1
