"""Quantized inputs."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.quantized import Quantize, Quantized


def test_levels_are_evenly_spaced_and_their_ends_are_kept():
    x = torch.linspace(0, 1, 1001)
    assert Quantize(5)(x).unique().tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert (Quantize(5)(x) - x).abs().max() <= 0.125 + 1e-6


def test_T33_the_gradient_is_there_and_is_zero():
    x = torch.rand(3, 1, 8, 8, requires_grad=True)
    Quantized().build((1, 8, 8), 4)(x).sum().backward()
    assert torch.equal(x.grad, torch.zeros_like(x))


def test_one_level_is_refused():
    with pytest.raises(InputError, match="levels of quantized to be at least 2, got 1"):
        Quantized(levels=1)
