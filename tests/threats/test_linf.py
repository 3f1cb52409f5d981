"""Linf against first principles: intervals, corners, uniform draws, one ε a channel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from sparring.core.seeds import Streams
from sparring.registry import parse
from sparring.threats.linf import Linf


def test_projection_clips_each_coordinate_to_its_interval() -> None:
    x = torch.tensor([[0.0, 0.05, 0.5, 0.97, 1.0]], dtype=torch.float64)
    z = torch.tensor([[-1.0, -1.0, 0.55, 2.0, 0.5]], dtype=torch.float64)
    expected = [[0.0, 0.0, 0.55, 1.0, 0.9]]
    np.testing.assert_allclose(Linf(0.1).project(x, z), expected, atol=1e-12)


def test_extreme_is_the_corner_in_the_sign_of_the_gradient() -> None:
    x = torch.tensor([[0.05, 0.5, 0.5, 0.97]])
    gradient = torch.tensor([[-3.0, 1e-9, 0.0, 2.0]])
    torch.testing.assert_close(Linf(0.1).extreme(x, gradient), torch.tensor([[0.0, 0.6, 0.5, 1.0]]))


def test_step_moves_by_the_size_and_no_further_than_the_ball() -> None:
    x = torch.full((1, 3), 0.5)
    z = torch.tensor([[0.5, 0.58, 0.42]])
    moved = Linf(0.1).step(x, z, torch.tensor([[2.0, 7.0, 1.0]]), 0.05)
    torch.testing.assert_close(moved, torch.tensor([[0.55, 0.6, 0.47]]))


def test_stored_numbers_lie_inside_without_slack() -> None:
    """T9: 8/255 in float32, at 100,000 originals; one ulp outside would show."""
    x = torch.rand(1, 100_000, generator=torch.Generator().manual_seed(0))
    z = Linf(8 / 255).extreme(x, torch.ones_like(x))
    assert float((z.double() - x.double()).max()) <= 8 / 255


def test_one_eps_a_channel_is_a_ball_of_its_own_in_each() -> None:
    """T15: ε per channel, for normalized images."""
    threat = Linf((0.1, 0.4), bounds=(-1.0, 1.0))
    x = torch.zeros(1, 2, 1, 2)
    assert threat.extreme(x, torch.ones_like(x)).flatten().tolist() == pytest.approx([0.1, 0.1, 0.4, 0.4])
    assert threat.contains(x, x + torch.tensor([0.1, 0.4]).view(1, 2, 1, 1)).item()
    assert not threat.contains(x, x + 0.2).item()
    assert threat.radius == 0.4
    assert parse("linf((0.1, 0.4), bounds=(-1, 1))") == threat


def test_draws_are_uniform_in_the_ball_cut_with_the_box() -> None:
    """T25: on [0, 0.3] around 0.1 with ε = 0.2, not clipped and piled up at 0."""
    x = torch.full((1, 4000), 0.1, dtype=torch.float64)
    drawn = Linf(0.2).sample(x, Streams(torch.tensor([5])))[0].numpy()
    assert stats.kstest(drawn, stats.uniform(0, 0.3).cdf).pvalue > 0.01


def test_tiny_radius_on_the_edge_of_the_box() -> None:
    x = torch.tensor([[0.0, 1.0, 1.0, 0.0]])
    moved = Linf(1e-4).extreme(x, torch.tensor([[1.0, 1.0, -1.0, -1.0]]))
    torch.testing.assert_close(moved, torch.tensor([[1e-4, 1.0, 1 - 1e-4, 0.0]]), rtol=0, atol=1e-7)
