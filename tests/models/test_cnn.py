"""The small convolutional net."""

import pytest

from sparring.errors import InputError
from sparring.registry import parse


def test_width_scales_the_convolutions():
    thin, wide = (parse(f"cnn(width={width})").build((1, 8, 8), 10) for width in (4, 8))
    assert thin[0].out_channels * 2 == wide[0].out_channels == 8
    with pytest.raises(InputError, match="width of cnn"):
        parse("cnn(width=0)")
