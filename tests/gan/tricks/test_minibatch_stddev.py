"""One number more, the same for all images of a batch."""

from __future__ import annotations

import torch

from sparring.gan.tricks.minibatch_stddev import Deviation


def test_the_feature_is_the_mean_deviation():
    f = torch.randn(6, 4)
    got = Deviation()(f)
    assert torch.equal(got[:, :4], f)
    torch.testing.assert_close(got[:, 4], f.std(0, correction=0).mean().expand(6))


def test_a_collapsed_batch_has_none_and_a_slope_that_is_finite():
    f = torch.ones(5, 3, requires_grad=True)
    deviation = Deviation()(f)[:, 3]
    assert deviation.tolist() == [0] * 5
    (slope,) = torch.autograd.grad(deviation.sum(), f)
    assert bool(torch.isfinite(slope).all())


def test_the_heads_see_it_and_keep_what_they_saw(play, small):
    plain = play("acgan(nets=dcgan(width=4))", small())
    table = play("acgan(nets=dcgan(width=4), tricks=(minibatch_stddev(),))", small())
    for name in ("score", "classify"):
        before, after = getattr(plain.discriminator, name), getattr(table.discriminator, name)
        assert after.in_features == before.in_features + 1
        assert torch.equal(after.weight[:, :-1], before.weight)
