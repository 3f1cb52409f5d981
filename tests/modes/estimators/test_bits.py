"""Bits and back."""

from __future__ import annotations

import torch

from sparring.modes.estimators._bits import bits_of, from_bits, to_bits


def test_numbers_come_back_to_within_a_cell_and_neighbors_differ_in_one_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(500, 3, generator=generator)
    code = to_bits(x, 8, generator)
    assert code.shape == (500, 24)
    assert (from_bits(code, 8, generator) - x).abs().max().item() < 1 / 256
    levels = to_bits((torch.arange(256)[:, None] + 0.5) / 256, 8, generator)
    assert bool((levels[1:] != levels[:-1]).sum(1).eq(1).all())


def test_a_pixel_is_one_bit_as_often_as_it_is_bright() -> None:
    generator = torch.Generator().manual_seed(0)
    assert abs(to_bits(torch.full((1, 20_000), 0.3), 1, generator).mean().item() - 0.3) < 0.02
    assert (bits_of((1, 28, 28)), bits_of((2,)), bits_of((1200,))) == (1, 12, 8)
