"""Numbers as bits, for models that know nothing else."""

from __future__ import annotations

import torch
from torch import Tensor

POINTS, VECTORS, PICTURES = 12, 8, 1
"""Bits a number: of points of a few coordinates, of long vectors, of pictures."""


def bits_of(shape: tuple[int, ...]) -> int:
    """Return how many bits a number is worth, by the shape of a sample."""
    return PICTURES if len(shape) == 3 else POINTS if shape[0] <= 64 else VECTORS


def to_bits(x: Tensor, bits: int, generator: torch.Generator) -> Tensor:
    """Return rows (n, d) in [0, 1] as bits (n, d · bits), the highest first, in Gray's code; float32.

    Neighbors differ in one bit. With one bit a number is the probability of a 1, and drawn.

    >>> to_bits(torch.tensor([[0.0, 1.0]]), 2, torch.Generator()).tolist()
    [[0.0, 0.0, 1.0, 0.0]]
    """
    if bits == 1:
        return (torch.rand(x.shape, generator=generator) < x).float()
    level = (x * 2**bits).long().clamp(0, 2**bits - 1)
    code = level ^ (level >> 1)
    places = torch.arange(bits - 1, -1, -1)
    digits: Tensor = (code[..., None] >> places) & 1
    return digits.flatten(1).float()


def from_bits(code: Tensor, bits: int, generator: torch.Generator) -> Tensor:
    """Return the numbers (n, d) of bits (n, d · bits): a random place of the cell that the bits name.

    >>> exact = from_bits(to_bits(torch.tensor([[0.7]]), 12, torch.Generator()), 12, torch.Generator())
    >>> bool((exact - 0.7).abs() < 2**-12)
    True
    """
    if bits == 1:
        return code
    digits = code.view(len(code), -1, bits).long()
    level = digits[..., 0]
    last = digits[..., 0]
    for place in range(1, bits):
        last = last ^ digits[..., place]
        level = 2 * level + last
    numbers: Tensor = (level + torch.rand(level.shape, generator=generator)) / 2**bits
    return numbers
