"""The way from pairs to strangers, and nets that begin at zero and see white points."""

from __future__ import annotations

import torch

from sparring.information._statistic import Statistics, points, shares


def test_the_way_leads_from_pairs_to_strangers():
    x, y, other = torch.randn(7, 2), torch.randn(7, 3), torch.randn(7, 3)
    way = points(x, y, other, shares(4))
    assert way.shape == (5, 7, 5)
    assert torch.equal(way[:, :, :2], x.expand(5, 7, 2))
    torch.testing.assert_close(way[0, :, 2:], y)
    torch.testing.assert_close(way[4, :, 2:], other)
    alpha = shares(4)
    assert bool((alpha.diff() < 0).all())
    torch.testing.assert_close(way[1, :, 2:], alpha[1] * y + (1 - alpha[1] ** 2).sqrt() * other)


def test_neighbors_on_the_way_are_about_equally_far_apart():
    """KL of normal pairs correlated at 0.9 α from those of the next α, on eight bridges: none is twice another."""
    laws = 0.9 * shares(8).double()
    near, far = (torch.stack([1 + each, 1 - each]) for each in (laws[:-1], laws[1:]))
    steps = ((near / far - 1 - (near / far).log()) / 2).sum(0)
    assert float(steps.max() / steps.min()) < 2


def test_points_of_normal_pairs_are_normal_pairs_of_less_correlation():
    draw = torch.Generator().manual_seed(0)
    x, e, s = (torch.randn(100_000, 1, generator=draw) for _ in range(3))
    way = points(x, 0.8 * x + 0.6 * e, s, shares(3))
    for point, alpha in zip(way, shares(3), strict=True):
        assert abs(float(torch.corrcoef(point.T)[0, 1]) - 0.8 * float(alpha)) < 0.01


def test_statistics_begin_at_zero_and_see_white_points():
    draw = torch.Generator().manual_seed(0)
    ends = torch.randn(3, 4000, 4, generator=draw) @ torch.randn(4, 4, generator=draw) + 5
    net = Statistics(ends, 8)
    assert net(ends).shape == (4000, 3)
    assert not net(ends).any()
    white = (ends - net.center) @ net.white
    spread = white.mT @ white / 4000
    torch.testing.assert_close(spread.diagonal(dim1=1, dim2=2), torch.ones(3, 4), rtol=0, atol=0.2)
    assert white.mean(1).abs().max() < 1e-3


def test_a_bridge_knows_its_own_points_alone():
    ends = torch.randn(2, 50, 3)
    net = Statistics(ends, 4)
    torch.nn.init.normal_(net.heads)
    torch.nn.init.normal_(net.squares)
    moved = torch.stack([ends[0], ends[1] + 1])
    assert torch.equal(net(moved)[:, 0], net(ends)[:, 0])
    assert not torch.allclose(net(moved)[:, 1], net(ends)[:, 1])


def test_columns_that_repeat_each_other_are_no_trouble():
    column = torch.randn(1, 300, 1)
    assert bool(Statistics(column.expand(1, 300, 4), 4).white.isfinite().all())
    assert bool(Statistics(torch.zeros(1, 300, 4), 4).white.isfinite().all())
