"""Eight centers, all different, and a known share of real samples near them."""

from __future__ import annotations

import math

import torch

from sparring.modes import mode_figures
from sparring.modes.problems.ring import Ring


def test_the_eight_centers_are_eight_points_on_the_unit_circle() -> None:
    """G31: a line from 0 to 2π has its ends in the same place, and gives seven."""
    centers = Ring().centers()
    assert centers.shape == (8, 2)
    assert torch.allclose(centers.norm(dim=1), torch.ones(8, dtype=torch.float64))
    apart = torch.pdist(centers)
    assert apart.min().item() > 0.76
    assert math.isclose(apart.min().item(), 2 * math.sin(math.pi / 8), rel_tol=1e-12)


def test_the_truth_is_within_three_deviations_as_often_as_a_normal_in_the_plane_is() -> None:
    x, modes = Ring().draw(200_000)
    figures = mode_figures(Ring().judge()(x), 8)
    assert abs(figures.quality - (1 - math.exp(-4.5))) < 4 * math.sqrt(0.0111 * 0.9889 / 200_000)
    assert figures.captured == 8
    assert (torch.bincount(modes, minlength=8) / 200_000 - 1 / 8).abs().max() < 0.004


def test_training_data_lie_in_the_box_and_come_back() -> None:
    data = Ring().data(1000)
    assert data.shape == (2,)
    assert data.labels is not None
    placed = Ring().judge()(Ring().unboxed(data.images()))
    assert placed.mode.equal(data.labels)
    assert placed.good.double().mean().item() > 0.97
