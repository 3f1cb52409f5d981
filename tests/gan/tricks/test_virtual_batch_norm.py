"""Statistics of a fixed batch and the sample: by hand, alone as in company, and in state and sampling."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan import generate, recipe
from sparring.gan.penalties import mixes_samples
from sparring.gan.tricks.virtual_batch_norm import Virtual

TEXT = "dcgan(nets=dcgan(width=4, latent=6), tricks=(virtual_batch_norm(size=7),))"


def test_the_statistics_are_those_of_reference_and_sample():
    """As batch norm's of the m + 1 images, for each sample by itself; the reference's own as batch norm's of the m."""
    layer, x = Virtual(3, 5), torch.randn(8, 3, 4, 4)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    got = layer(x)
    plain = lambda rows: nn.functional.batch_norm(rows, None, None, layer.weight, layer.bias, True)  # noqa: E731
    torch.testing.assert_close(got[:5], plain(x[:5]), rtol=1e-4, atol=1e-5)
    for i in range(5, 8):
        with_it = plain(torch.cat([x[:5], x[i : i + 1]]))
        torch.testing.assert_close(got[i], with_it[5], rtol=1e-4, atol=1e-5)


def test_no_image_depends_on_its_company(small):
    """G21, and G14: penalties are welcome, where batch norm would make them refuse."""
    data, unit = small(40, (1, 16, 16)), recipe(TEXT)
    generator, d = unit.build(data.shape, data=data)
    assert not any(isinstance(m, nn.BatchNorm2d) for net in (generator, d) for m in net.modules())
    z = torch.randn(5, 6)
    generator.train()
    torch.testing.assert_close(generator(z)[2:3], generator(z[2:3]), rtol=0, atol=1e-6)
    assert not mixes_samples(d, data.images([0, 1]))
    recipe(TEXT.replace("tricks", "penalties=(r1(),), tricks")).game(generator, d)


def test_references_are_real_images_and_codes_and_are_saved(small):
    """A generator built without data is the one that was trained, once its weights are loaded."""
    data = small(40, (1, 16, 16))
    generator, d = recipe(TEXT).build(data.shape, data=data, seed=1)
    assert torch.equal(d.reference, data.images(data.subset(7, 0)))
    assert generator.reference.shape == (7, 6)
    again, other = recipe(TEXT).build(data.shape, seed=2)
    assert bool(other(data.images([0])).isnan().all())
    again.load_state_dict(generator.state_dict())
    other.load_state_dict(d.state_dict())
    assert torch.equal(generate(again, 3), generate(generator, 3))
    assert torch.equal(other(data.images([0])), d(data.images([0])))


def test_classes_of_the_reference_are_those_of_the_data(small):
    data = small(40, (1, 16, 16))
    unit = recipe(TEXT.replace("dcgan(nets", "acgan(nets", 1))
    generator, _ = unit.build(data.shape, 3, data=data)
    assert torch.equal(generator.reference_labels, data.labels[data.subset(7, 0)])
    assert generate(generator, 4).shape == (4, 1, 16, 16)


def test_nets_without_batch_norm_have_no_use_for_it():
    with pytest.raises(InputError, match="nets with batch norm for virtual_batch_norm"):
        recipe("baseline(tricks=(virtual_batch_norm(),))").build((1, 8, 8))
    with pytest.raises(InputError, match="size of virtual_batch_norm"):
        recipe("dcgan(tricks=(virtual_batch_norm(size=1),))")
