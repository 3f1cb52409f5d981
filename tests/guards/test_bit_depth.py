import pytest
import torch

from sparring.errors import InputError
from sparring.guards.bit_depth import BitDepth


def test_b_bits_are_2_to_the_b_levels_and_nothing_moves_further_than_half_a_level() -> None:
    x = torch.linspace(0, 1, 1001)[:, None]
    for bits in (1, 3, 8):
        seen = BitDepth(bits).layer()(x)
        assert len(seen.unique()) == 2**bits
        assert (seen - x).abs().max() <= 0.5 / (2**bits - 1) + 1e-6


def test_an_eight_bit_image_passes_eight_bits_unchanged() -> None:
    x = torch.arange(256)[None] / 255
    assert torch.allclose(BitDepth(8).layer()(x), x)


@pytest.mark.parametrize("bits", [0, 9])
def test_bits_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(InputError, match="bits of bit_depth"):
        BitDepth(bits)
