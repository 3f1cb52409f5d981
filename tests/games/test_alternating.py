"""One after the other on min max xy: an ellipse, with a matrix of determinant 1; and k moves of the first."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse


@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_the_path_is_the_ellipse(bilinear, eta):
    """x' = x − η y, then y' = y + η x' at the x just reached; x² + y² − η x y is kept to rounding."""
    toy = bilinear(eta)
    path = toy.path(parse("alternating"), 500)
    move = torch.tensor([[1, -eta], [eta, 1 - eta**2]], dtype=torch.float64)
    assert float(torch.linalg.det(move)) == pytest.approx(1)
    torch.testing.assert_close(path[1:], path[:-1] @ move.T, rtol=1e-12, atol=1e-14)
    x, y = path.T
    kept = x**2 + y**2 - eta * x * y
    torch.testing.assert_close(kept, kept[:1].expand(501), rtol=1e-10, atol=0)


def test_the_first_moves_k_times_before_the_other_moves_once(bilinear):
    """x' = x − k η y, as y stands still meanwhile; y' = y + η x'."""
    eta, k = 0.1, 3
    toy = bilinear(eta)
    path = toy.path(parse(f"alternating(k={k})"), 20)
    move = torch.tensor([[1, -k * eta], [eta, 1 - k * eta**2]], dtype=torch.float64)
    torch.testing.assert_close(path[1:], path[:-1] @ move.T, rtol=1e-12, atol=1e-14)
    assert toy.asked == 20 * (k + 1)


def test_every_move_of_the_first_takes_a_batch_of_its_own(toy, bilinear):
    rule = parse("alternating(k=4)")
    assert rule.batches == 4
    play = toy()
    rule.play(play.table, play.game, [play.feed.batch(i, round_=0) for i in range(4)])
    seen = [batch.index for batch in play.game.batches]
    assert len(torch.cat(seen).unique()) == sum(map(len, seen)) == 50


def test_no_moves_are_refused():
    with pytest.raises(InputError, match="k >= 1"):
        parse("alternating(k=0)")
