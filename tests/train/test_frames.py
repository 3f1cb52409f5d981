"""Pictures of a game of one number: what is planted is where it has to be."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.train._curves import PLACES, Curves
from sparring.train._frames import BLUE, GREEN, HIGH, WIDE, Frames

X = (torch.arange(PLACES).double() + 0.5) / PLACES


def moment(judged: float = 0.5, made: float = 1.0, images: int = 0) -> Curves:
    flat = torch.ones_like(X)
    ends = torch.tensor([0.25, 0.5, 0.75])
    return Curves(images, X, flat, made * flat, judged * flat, 0.5 * flat, ends, ends)


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (WIDE, HIGH)
        return np.asarray(picture.convert("RGB")).astype(int)


def row(png: bytes, color: str, x: slice, y: slice) -> float:
    """Return the mean row of pixels near a color, in a part of the picture."""
    want = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    near = (np.abs(pixels(png)[y, x] - want).sum(2) < 40).nonzero()[0]
    assert len(near)
    return float(near.mean()) + y.start


MIDDLE = slice(250, 500)


def test_curves_stand_as_high_as_they_are() -> None:
    frames = Frames()
    d = [row(frames.png(moment(judged=each)), BLUE, MIDDLE, slice(40, 160)) for each in (0.1, 0.4, 0.7)]
    assert d[0] > d[1] > d[2], "rows are counted from above"
    assert d[0] - d[1] == pytest.approx(d[1] - d[2], abs=2.5)  # lines snap to pixels
    q = [row(frames.png(moment(made=each)), GREEN, MIDDLE, slice(180, 345)) for each in (0.5, 1.0, 1.5)]
    assert q[0] - q[1] == pytest.approx(q[1] - q[2], abs=2.5)  # lines snap to pixels


def test_equal_moments_give_equal_files_whatever_came_between() -> None:
    frames = Frames()
    first = frames.png(moment())
    assert frames.png(moment(judged=0.9, made=1.5, images=77)) != first
    assert frames.png(moment()) == first == Frames().png(moment())


def test_numbers_without_codes_and_scores_without_a_best_are_drawn_as_well() -> None:
    bare = dataclasses.replace(moment(), best=None, starts=None)
    assert (pixels(Frames().png(bare)) != pixels(Frames().png(moment()))).any()
