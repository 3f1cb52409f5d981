"""Perceptrons for any shape."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.registry import parse


def test_layers_are_as_wide_as_told():
    unit = parse("dense(latent=5, hidden=(7, 11))")
    widths = lambda net: [m.out_features for m in net.modules() if isinstance(m, nn.Linear)]  # noqa: E731
    assert widths(unit.generator((2, 3))) == [11, 7, 6]
    assert widths(unit.discriminator((2, 3))) == [7, 11, 1]


def test_what_goes_through_keeps_its_size():
    """He's start: features of the second of two wide layers have a second moment of about 1, as inputs have."""
    torch.manual_seed(0)
    d = parse("dense(hidden=(512, 512))").discriminator((64,))
    features = d.features((torch.randn(200, 64) + 1) / 2)
    assert 0.6 < float(features.detach().square().mean()) < 1.6


def test_it_needs_a_hidden_layer():
    with pytest.raises(InputError, match="hidden of dense >= 1"):
        parse("dense(hidden=())")
