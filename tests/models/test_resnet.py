"""The residual network."""

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.models.resnet import Residual, Resnet
from sparring.registry import parse


def test_sizes_and_depth():
    def weights(text):
        return sum(p.numel() for p in parse(text).build((1, 28, 28), 10).parameters())

    assert 75_000 < weights("resnet") < 80_000
    assert 140_000 < weights("resnet(width=22)") < 155_000
    deep = Resnet(blocks=3).build((3, 32, 32), 10)
    convolutions = [m for m in deep.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(convolutions) + 1 == 20  # the paper's ResNet-20: 6n + 2 layers with n = 3
    with pytest.raises(InputError, match="blocks of resnet"):
        Resnet(blocks=0)


def test_a_block_of_zero_convolutions_is_the_shortcut():
    block = Residual(4, 4, 1).eval()
    nn.init.zeros_(block.bn2.weight)
    x = torch.rand(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), x)


def test_stages_halve_the_image():
    net = Resnet().build((1, 28, 28), 10).eval()
    features = net[:-3](torch.zeros(1, 1, 28, 28))
    assert features.shape == (1, 64, 7, 7)
