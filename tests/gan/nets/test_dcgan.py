"""The guidelines of the paper, one by one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.registry import parse


def layers(net: nn.Module) -> list[nn.Module]:
    return [module for module in net.modules() if not list(module.children())]


def test_the_guidelines():
    """D9, at 64 × 64, where the nets are those of the paper's figure 1."""
    unit = parse("dcgan")
    generator, d = unit.generator((3, 64, 64)), unit.discriminator((3, 64, 64))
    up = [m for m in layers(generator) if isinstance(m, nn.ConvTranspose2d)]
    down = [m for m in layers(d) if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in up] == [256, 128, 64, 3]
    assert [m.out_channels for m in down] == [64, 128, 256, 512]
    assert all(m.stride == (2, 2) and m.kernel_size == (4, 4) for m in up + down)
    pooling = (nn.MaxPool2d, nn.AvgPool2d, nn.Upsample)
    assert not any(isinstance(m, pooling) for m in layers(generator) + layers(d))
    assert [m.num_features for m in layers(generator) if isinstance(m, nn.BatchNorm2d)] == [512, 256, 128, 64]
    assert [m.num_features for m in layers(d) if isinstance(m, nn.BatchNorm2d)] == [128, 256, 512]
    assert sum(isinstance(m, nn.ReLU) for m in layers(generator)) == 4
    assert [m.negative_slope for m in layers(d) if isinstance(m, nn.LeakyReLU)] == [0.2] * 4
    assert [type(m) for m in layers(d) if isinstance(m, nn.Linear)] == [nn.Linear]  # the score itself
    assert d.score.in_features == 512 * 4 * 4


def test_weights_begin_as_published():
    """N(0, 0.02²) everywhere, gains about 1."""
    torch.manual_seed(0)
    unit = parse("dcgan(width=32)")
    for net in (unit.generator((1, 32, 32)), unit.discriminator((1, 32, 32))):
        for module in layers(net):
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) and module.weight.numel() > 400:
                assert float(module.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
            if isinstance(module, nn.BatchNorm2d):
                assert abs(float(module.weight.detach().mean()) - 1) < 0.02
    assert abs(float(unit.discriminator((1, 32, 32)).score.weight.detach().std()) - 0.02) < 0.002


def test_a_discriminator_without_norm_has_none():
    d = parse("dcgan(norm=False)").discriminator((1, 28, 28))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in d.modules())
    assert all(m.bias is not None for m in d.modules() if isinstance(m, nn.Conv2d))


def test_a_discriminator_may_be_narrower_than_its_generator():
    unit = parse("dcgan(width=8, width_discriminator=2)")
    generator, d = unit.generator((3, 28, 28)), unit.discriminator((3, 28, 28))
    assert [m.out_channels for m in layers(generator) if isinstance(m, nn.ConvTranspose2d)] == [8, 3]
    assert [m.out_channels for m in layers(d) if isinstance(m, nn.Conv2d)] == [2, 4]
    with pytest.raises(InputError, match="width_discriminator of dcgan >= 1"):
        parse("dcgan(width_discriminator=0)")


def test_what_is_beyond_an_odd_image_is_cut_off_evenly():
    from sparring.gan.nets.dcgan import Crop

    x = torch.arange(28.0)[None, None, None].expand(1, 1, 28, 28)
    assert Crop(25, 26)(x)[0, 0, 0].tolist() == list(range(1, 27))
