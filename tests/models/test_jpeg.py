"""A JPEG file before the net."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.jpeg import Codec, Jpeg


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_smooth_picture_comes_back_nearly(channels):
    ramp = torch.linspace(0.2, 0.8, 16).expand(2, channels, 16, 16)
    back = Codec(90)(ramp)
    assert back.shape == ramp.shape
    assert (back - ramp).abs().max() < 0.05
    assert not torch.equal(back, ramp)


def test_colors_keep_their_places():
    red = torch.zeros(1, 3, 16, 16)
    red[:, 0] = 1
    assert Codec(75)(red).mean((0, 2, 3)).tolist() == pytest.approx([1, 0, 0], abs=0.05)


def test_less_quality_keeps_less():
    x = torch.rand(4, 1, 16, 16)
    coarse, fine = ((Codec(quality)(x) - x).square().mean() for quality in (10, 95))
    assert coarse > 4 * fine


def test_T33_there_is_no_gradient_and_the_type_is_kept():
    x = torch.rand(2, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    back = Codec(75)(x)
    assert back.dtype == torch.float64
    assert not back.requires_grad


@pytest.mark.parametrize("quality", [0, 96])
def test_wrong_qualities_are_refused(quality):
    with pytest.raises(InputError, match=r"quality of jpeg in \[1, 95\]"):
        Jpeg(quality=quality)
