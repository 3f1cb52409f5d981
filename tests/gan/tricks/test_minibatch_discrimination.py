"""Closeness by hand, and a discriminator that can see a collapse which no image shows."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.errors import InputError
from sparring.gan.tricks.minibatch_discrimination import Closeness


def test_the_features_are_the_formula():
    layer = Closeness(3, 2, 4)
    f = torch.randn(5, 3)
    m = (f @ layer.project.weight.T).view(5, 2, 4)
    for i in range(5):
        for b in range(2):
            want = sum(math.exp(-float((m[i, b] - m[j, b]).detach().abs().sum())) for j in range(5) if j != i)
            assert float(layer(f).detach()[i, 3 + b]) == pytest.approx(want, abs=1e-5)
    assert torch.equal(layer(f)[:, :3], f)


def test_it_tells_a_collapsed_batch_from_one_that_is_not(play, small):
    table = play("dcgan(nets=dcgan(width=4), tricks=(minibatch_discrimination(kernels=3, rows=2),))", small())
    d = table.discriminator
    assert d.score.in_features == d.width == 4 * 4 * 4 + 3
    x = torch.rand(6, 1, 8, 8)
    mixed = d.mixers(d.features(x))[:, -3:]
    same = d.mixers(d.features(x[:1].expand(6, 1, 8, 8)))[:, -3:]
    torch.testing.assert_close(same, torch.full((6, 3), 5.0))
    assert bool((mixed < 5).all())


def test_images_of_a_batch_are_of_one_origin(small):
    """As the paper says: so it refuses batches of both, and penalties, for which images must not mix (G14)."""
    from sparring.gan import recipe

    for text, told in (
        ("dcgan(tricks=(minibatch_discrimination(),), together=True)", "together=False with minibatch_discrimination"),
        (
            "dcgan(nets=dcgan(norm=False), tricks=(minibatch_discrimination(),), penalties=(r1(),))",
            "sees each image by",
        ),
    ):
        unit = recipe(text)
        with pytest.raises(InputError, match=told):
            unit.game(*unit.build((1, 8, 8)))


def test_an_autoencoder_has_no_head_for_it():
    from sparring.gan import recipe

    with pytest.raises(InputError, match="got an autoencoder"):
        recipe("began(tricks=(minibatch_discrimination(),))").build((1, 8, 8))
