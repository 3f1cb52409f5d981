import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.errors import InputError
from sparring.report import Forged, Picture
from sparring.report._shots import attacked, data_uri, magnified, shot


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def card(original, adversarial, **changes):
    fields = {"truth": "a", "before": ("a", 0.9), "after": ("b", 0.8)} | changes
    return attacked(Picture(original, adversarial, **fields))


@pytest.mark.parametrize("channels", [1, 3])
def test_no_change_is_mid_gray(channels):
    x = torch.rand(channels, 8, 8, generator=torch.Generator().manual_seed(0))
    change = pixels(card(x, x).shots[1].src).astype(int)
    assert np.abs(change - 128).max() <= 1


def test_change_is_ten_times_as_large_and_cut():
    x = torch.full((1, 1, 4), 0.5)
    delta = torch.tensor([[[0.01, -0.01, 0.2, -0.2]]])
    assert torch.allclose(magnified(x, x + delta), torch.tensor([[[0.6, 0.4, 1.0, 0.0]]]), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_level_comes_back(channels):
    levels = torch.arange(256, dtype=torch.float32).reshape(1, 16, 16).expand(channels, 16, 16) / 255
    seen = pixels(data_uri(levels))
    assert seen.shape == ((16, 16) if channels == 1 else (16, 16, 3))
    assert (seen.reshape(256, -1) == np.arange(256)[:, None]).all()


def test_colors_keep_their_channel():
    red = torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1).expand(3, 4, 4)
    assert (pixels(data_uri(red)) == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("side", "width", "pixelated"),
    [(8, 96, True), (28, 112, True), (96, 96, False), (224, 224, False), (600, 224, False)],
)
def test_size_on_screen(side, width, pixelated):
    seen = shot(torch.zeros(1, side, side), "alt", "", "")
    assert (seen.width, seen.height, seen.pixelated) == (width, width, pixelated)


def test_large_pictures_are_stored_small():
    assert max(pixels(data_uri(torch.zeros(3, 900, 600))).shape) == 448


def test_other_channel_counts_show_their_mean():
    x = torch.stack([torch.zeros(4, 4), torch.ones(4, 4)])
    assert set(pixels(data_uri(x)).ravel()) == {128}


def test_a_wrong_first_answer_is_said():
    x = torch.zeros(1, 8, 8)
    assert "though it is c" in card(x, x, truth="c").shots[0].detail
    assert "though" not in card(x, x, truth="a").shots[0].detail
    assert "though" not in card(x, x, truth=None).shots[0].detail


@pytest.mark.parametrize(
    ("original", "adversarial", "said"),
    [
        (torch.zeros(8, 8), torch.zeros(8, 8), "channels, height, width"),
        (torch.zeros(1, 8, 8), torch.zeros(1, 8, 9), "one shape"),
        (torch.zeros(1, 8, 8), torch.full((1, 8, 8), 255.0), "0, 1"),
        (torch.full((1, 8, 8), float("nan")), torch.zeros(1, 8, 8), "0, 1"),
    ],
)
def test_what_is_no_picture(original, adversarial, said):
    with pytest.raises(InputError, match=said):
        Picture(original, adversarial, None, ("a", 0.5), ("b", 0.5))
    with pytest.raises(InputError, match=said):
        Forged("made", original, adversarial, ("a", 0.5), ("b", 0.5))
