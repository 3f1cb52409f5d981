"""All at once on min max xy: out on a spiral, by exactly √(1 + η²) a round."""

from __future__ import annotations

import pytest
import torch

from sparring.registry import parse


@pytest.mark.parametrize("eta", [0.05, 0.3])
def test_the_path_is_the_spiral(bilinear, eta):
    """x' = x − η y, y' = y + η x: who moved before the other's gradient was taken would walk an ellipse."""
    toy = bilinear(eta)
    path = toy.path(parse("simultaneous"), 40)
    move = torch.tensor([[1, -eta], [eta, 1]], dtype=torch.float64)
    torch.testing.assert_close(path[1:], path[:-1] @ move.T, rtol=1e-12, atol=1e-14)
    grown = path.norm(dim=1)
    torch.testing.assert_close(grown[1:] / grown[:-1], torch.full((40,), (1 + eta**2) ** 0.5, dtype=torch.float64))


def test_it_costs_a_gradient_of_each_and_a_batch(bilinear):
    toy = bilinear(0.1)
    toy.path(parse("simultaneous"), 5)
    assert toy.asked == 10
    assert parse("simultaneous").batches == 1
