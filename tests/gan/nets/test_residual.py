"""Batch norm in the generator alone, and blocks that double and halve."""

from __future__ import annotations

import torch
from torch import nn

from sparring.gan.nets.residual import _Down, _Up
from sparring.gan.penalties import mixes_samples
from sparring.registry import parse


def test_the_discriminator_is_fit_for_penalties():
    unit = parse("residual(width=8)")
    assert not mixes_samples(unit.discriminator((1, 12, 12)), torch.rand(2, 1, 12, 12))
    assert any(isinstance(m, nn.BatchNorm2d) for m in unit.generator((1, 12, 12)).modules())


def test_as_many_blocks_as_halvings():
    unit = parse("residual(width=4)")
    count = lambda net, kind: sum(isinstance(m, kind) for m in net.modules())  # noqa: E731
    assert count(unit.generator((1, 32, 32)), _Up) == 3
    assert count(unit.discriminator((1, 32, 32)), _Down) == 4


def test_a_block_with_silent_convolutions_is_its_shortcut():
    x = torch.randn(2, 4, 6, 6)
    for block, want in (
        (_Up(4, double=True), nn.functional.interpolate(x, scale_factor=2.0)),
        (_Down(4, 4, halve=True, first=False), nn.functional.avg_pool2d(x, 2)),
    ):
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
        torch.testing.assert_close(block(x), want)
