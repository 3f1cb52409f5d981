"""Orthogonal starts, and layers as told."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan.nets.tanh import Tanh
from sparring.modes._stack import can_stack
from sparring.registry import parse


def linear(net: nn.Module) -> list[nn.Linear]:
    return [m for m in net.modules() if isinstance(m, nn.Linear)]


def test_layers_are_those_of_the_notebook_and_every_matrix_is_orthogonal() -> None:
    torch.manual_seed(0)
    unit = Tanh()
    generator, d = unit.generator((2,)), unit.discriminator((2,))
    assert [(m.in_features, m.out_features) for m in linear(generator)] == [(256, 128), (128, 128), (128, 2)]
    assert [(m.in_features, m.out_features) for m in linear(d)] == [(2, 128), (128, 128), (128, 1)]
    for layer in (*linear(generator), *linear(d)):
        w = layer.weight.detach()
        small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        assert torch.allclose(small, 1.4**2 * torch.eye(len(small)), atol=1e-5)
        assert not layer.bias.detach().any()
    assert [sum(isinstance(m, nn.Tanh) for m in net.modules()) for net in (generator, d)] == [2, 2]
    assert can_stack(generator)
    assert can_stack(d)


def test_the_first_step_of_a_small_sample_is_the_gain_times_its_length() -> None:
    """tanh is the identity near 0: features of one layer have 1.4 times the length of x, in the data's own units."""
    torch.manual_seed(0)
    d = Tanh(hidden=(128,), scale=1.5).discriminator((2,))
    x = 1e-3 * torch.randn(50, 2)
    found = d.features((x / 1.5 + 1) / 2).norm(dim=1).detach()
    assert torch.allclose(found, 1.4 * x.norm(dim=1), rtol=1e-3)


def test_bad_fields_are_refused() -> None:
    for text in ("tanh(gain=0)", "tanh(scale=-1)"):
        with pytest.raises(InputError, match="gain and scale of tanh > 0"):
            parse(text)
    with pytest.raises(InputError, match="hidden of tanh >= 1"):
        parse("tanh(hidden=())")
