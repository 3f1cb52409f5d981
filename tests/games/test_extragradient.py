"""A look ahead on min max xy: in on a spiral, |w|² by exactly 1 − η² + η⁴ a round."""

from __future__ import annotations

import pytest
import torch

from sparring.registry import parse


@pytest.mark.parametrize("eta", [0.1, 0.6])
def test_the_path_is_the_spiral_inward(bilinear, eta):
    """w' = w − η J (w − η J w): a move from where the look was taken, not from the start, would be another matrix."""
    toy = bilinear(eta)
    path = toy.path(parse("extragradient"), 40)
    move = torch.tensor([[1 - eta**2, -eta], [eta, 1 - eta**2]], dtype=torch.float64)
    torch.testing.assert_close(path[1:], path[:-1] @ move.T, rtol=1e-12, atol=1e-14)
    squares = path.square().sum(1)
    shrink = torch.full((40,), 1 - eta**2 + eta**4, dtype=torch.float64)
    torch.testing.assert_close(squares[1:] / squares[:-1], shrink)


def test_it_costs_two_gradients_of_each(bilinear):
    toy = bilinear(0.1)
    toy.path(parse("extragradient"), 5)
    assert toy.asked == 20


def test_each_look_is_on_a_batch_of_its_own(toy):
    play, rule = toy(), parse("extragradient")
    batches = [play.feed.batch(i, round_=0) for i in range(rule.batches)]
    rule.play(play.table, play.game, batches)
    looked = [batch.index.tolist() for batch in play.game.batches[-2:]]
    assert looked == [batch.index.tolist() for batch in batches]
