"""Lines between real and generated images, and the slope on them."""

from __future__ import annotations

import torch

from sparring.registry import parse


def test_its_points_lie_on_the_lines_between_pairs(moment):
    """x̂ = u x + (1 − u) x', one u a pair, spread over [0, 1]; another turn, another u."""
    real, fake = torch.rand(400, 1, 3, 3), torch.rand(400, 1, 3, 3) + 2
    unit = parse("wgan_gp")
    at = unit.points(real, fake, moment(real))
    u = ((at - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(u, u[:, :1].expand_as(u), rtol=0, atol=1e-5)
    assert 0 <= float(u.min()) < 0.02
    assert 0.98 < float(u.max()) <= 1
    assert abs(float(u.mean()) - 0.5) < 0.05
    assert not torch.equal(at, unit.points(real, fake, moment(real, seed=6)))
    assert torch.equal(at[7:9], unit.points(real[7:9], fake[7:9], moment(real[7:9], first=7)))


def test_slopes_below_one_go_free_where_it_is_one_sided():
    slope = torch.tensor([[0.3, 0.4], [3.0, 4.0]])
    torch.testing.assert_close(parse("wgan_gp").of(slope), torch.tensor([2.5, 160.0]))
    torch.testing.assert_close(parse("wgan_gp(one_sided=True)").of(slope), torch.tensor([0.0, 160.0]))


def test_it_is_zero_for_the_best_critic_of_two_points(moment):
    """D(x) = −|x|: slope 1 on the line from 0.5 to 1."""
    real, fake = torch.full((5, 1), 0.5), torch.ones(5, 1)
    got = parse("wgan_gp").value(lambda x: -x.abs().sum(1), real, fake, moment(real))
    assert got.abs().max() < 1e-9
