"""What every pair of nets promises: any size, images in [0, 1], classes, and the same image in any company."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.core.average import Average
from sparring.errors import InputError
from sparring.gan import generate
from sparring.gan.nets.base import EMBEDDED, halvings
from sparring.gan.nets.dense import Dense
from sparring.registry import parse, units

SMALL = {
    "dense": "dense(latent=8, hidden=(16,))", "dcgan": "dcgan(latent=8, width=4)",
    "r3": "r3(latent=8, width=4)",
    "residual": "residual(latent=8, width=4)", "autoencoder": "autoencoder(latent=8, width=4)",
    "waves": "waves(latent=8, hidden=(16,), sines=16)", "tanh": "tanh(latent=8, hidden=(16,))",
    "maxout": "maxout(latent=8, hidden=(16, 16), judges=(16,), pieces=2)",
}  # fmt: skip
SHAPES = [(1, 28, 28), (1, 25, 25), (3, 37, 50), (3, 32, 32), (1, 8, 8), (2, 5, 3), (1, 1, 1), (4, 50, 9)]
EVERY = sorted(units("nets"))
FLAT = ("dense", "maxout", "tanh", "waves")


def test_there_is_a_small_one_of_each():
    assert sorted(SMALL) == EVERY


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("name", EVERY)
def test_any_size_in_both_directions(name, shape):
    unit = parse(SMALL[name], "nets")
    for classes in (0, 3):
        generator, d = unit.generator(shape, classes), unit.discriminator(shape, classes)
        y = torch.tensor([0, 2]) if classes else None
        x = generator(torch.randn(2, 8), y)
        assert x.shape == (2, *shape)
        assert 0 <= float(x.detach().min()) <= float(x.detach().max()) <= 1
        judged = d.judge(x)
        assert judged.scores.shape == (2,)
        assert judged.features.shape[0] == 2
        assert (judged.logits is None) == (not classes)
        assert not classes or judged.logits.shape == (2, 3)
        assert torch.equal(d.eval()(x), d.judge(x).scores)


@pytest.mark.parametrize("name", EVERY)
def test_a_code_gives_the_same_image_alone_and_in_a_batch(name):
    """G21: after training passes that moved running statistics; the generator is left as found."""
    generator = parse(SMALL[name], "nets").generator((1, 12, 12))
    for _ in range(3):
        generator.train()(torch.randn(6, 8) * 2)
    z = torch.randn(5, 8)
    together = generate(generator, 5, z=z)
    alone = torch.cat([generate(generator, 1, z=z[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-6)
    assert generator.training
    assert together.std(0).max() > 0


@pytest.mark.parametrize("name", EVERY)
def test_every_pixel_and_every_weight_counts(name):
    """Each pixel moves the score, at the edges of odd sizes too; no weight is without a gradient."""
    unit = parse(SMALL[name], "nets")
    generator, d = unit.generator((2, 9, 11)), unit.discriminator((2, 9, 11))
    with torch.no_grad():  # layers that begin at zero keep what is behind them from counting
        for net in (generator, d):
            for p in net.parameters():
                p.add_(torch.randn_like(p) * 0.1)
    x = torch.rand(4, 2, 9, 11, requires_grad=True)
    (slope,) = torch.autograd.grad(d(x).sum(), x)
    assert bool((slope.abs().amax(0) > 0).all())
    d(generator(torch.randn(4, 8))).sum().backward()
    silent = [key for net in (generator, d) for key, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert [key for key in silent if "bias" not in key] == []


@pytest.mark.parametrize("name", EVERY)
def test_a_class_changes_the_image_and_has_to_be_told(name):
    generator = parse(SMALL[name], "nets").generator((1, 8, 8), 3).eval()
    z = torch.randn(1, 8)
    one, two = (generator(z, torch.tensor([c])) for c in (0, 2))
    assert not torch.equal(one, two)
    assert generator.embed.weight.shape == (3, EMBEDDED)
    with pytest.raises(InputError, match="a class for each code of a generator of 3 classes"):
        generator(z)


@pytest.mark.parametrize("name", EVERY)
def test_averages_of_equal_weights_are_exact_and_make_the_same_images(name):
    """G11: running statistics are copied."""
    generator = parse(SMALL[name], "nets").generator((1, 8, 8))
    average = Average(generator, 100.0)
    for _ in range(4):
        generator.train()(torch.randn(6, 8))
        average.follow(generator, 8)
    assert torch.equal(generate(average.module, 4), generate(generator, 4))


@pytest.mark.parametrize("name", [name for name in EVERY if name not in FLAT])
def test_nets_of_images_refuse_other_data(name):
    unit = parse(SMALL[name], "nets")
    for build in (unit.generator, unit.discriminator):
        with pytest.raises(InputError, match=r"images \(c, h, w\) .*: use nets=dense"):
            build((5,))


@pytest.mark.parametrize("name", EVERY)
def test_sizes_below_one_are_refused(name):
    with pytest.raises(InputError, match=f"latent of {name} >= 1"):
        parse(f"{name}(latent=0)")


def test_halvings_leave_about_four():
    assert [halvings(side, 200) for side in (1, 4, 7, 8, 15, 16, 28, 32, 64, 128)] == [0, 0, 0, 1, 1, 2, 2, 3, 4, 5]


@pytest.mark.parametrize("name", EVERY)
def test_batch_norms_have_their_numbers_by_name(name):
    """G22: ε is 1e-5 and not 0.8, the momentum 0.1."""
    unit = parse(SMALL[name], "nets")
    norms = [
        module
        for net in (unit.generator((1, 16, 16)), unit.discriminator((1, 16, 16)))
        for module in net.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    assert all((norm.eps, norm.momentum) == (1e-5, 0.1) for norm in norms)
    assert bool(norms) == (name in ("dcgan", "maxout", "residual"))


def test_heads_are_the_score_and_where_there_are_classes_theirs():
    plain, conditional = Dense().discriminator((2,)), Dense().discriminator((2,), 3)
    assert [id(head) for head in plain.heads] == [id(plain.score)]
    assert [id(head) for head in conditional.heads] == [id(conditional.score), id(conditional.classify)]
