"""A shrunk image: whole, where it was told to be, as large as it was told to be, and differentiable."""

from __future__ import annotations

import pytest
import torch

from sparring.core.resample import shrunk


def test_full_size_is_the_image_itself() -> None:
    x = torch.rand(3, 2, 5, 6)
    torch.testing.assert_close(shrunk(x, torch.ones(3, 3), 0.5), x)


@pytest.mark.parametrize(
    ("across", "down", "rows", "columns"), [(0.0, 0.0, (0, 4), (0, 4)), (1.0, 0.5, (2, 6), (4, 8))]
)
def test_it_is_where_it_is_told_and_nowhere_else(
    across: float, down: float, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    seen = shrunk(torch.ones(1, 1, 8, 8), torch.tensor([[0.0, across, down]]), 0.5)[0, 0]
    wanted = torch.zeros(8, 8)
    wanted[slice(*rows), slice(*columns)] = 1
    torch.testing.assert_close(seen, wanted)


def test_each_image_has_a_size_of_its_own() -> None:
    """A white image keeps the share size² of its light."""
    draws = torch.tensor([[0.0, 0.5, 0.5], [0.5, 0.5, 0.5], [1.0, 0.5, 0.5]])
    light = shrunk(torch.ones(3, 1, 32, 32), draws, 0.5).mean((1, 2, 3))
    torch.testing.assert_close(light, torch.tensor([0.25, 0.5625, 1.0]), atol=0.02, rtol=0)


def test_the_gradient_flows_back_to_the_pixels_that_are_seen() -> None:
    x = torch.rand(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    draws = torch.tensor([[0.3, 0.2, 0.9]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda z: shrunk(z, draws, 0.5), x)
