"""Images by way of their codes: a picture where something gives codes, and nothing else moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sparring.data import load_data
from sparring.gan import generate, recipe
from sparring.gan.inference import encoder_of
from sparring.train._rebuilt import REBUILT, rebuilt, write_rebuilt

DENSE = "nets=dense(latent=4, hidden=(8,))"


def test_each_image_stands_beside_itself(tmp_path: Path):
    data = load_data("digits:test")
    generator = recipe(f"veegan({DENSE})").build(data.shape)[0].train()
    images, again = rebuilt(generator, data, 3)
    assert torch.equal(images, data.images(data.subset(8, 3)))
    assert torch.equal(again, generate(generator, 8, z=encoder_of(generator).eval()(images)))
    assert generator.training
    write_rebuilt(generator, data, 3, tmp_path)
    with Image.open(tmp_path / REBUILT) as picture:
        assert picture.size == (32, 32)
        first = torch.from_numpy(np.array(picture.crop((0, 0, 8, 8))))
    assert (first / 255 - images[0, 0]).abs().max() < 0.005


def test_without_an_encoder_there_is_no_picture(tmp_path: Path):
    data = load_data("digits:test")
    write_rebuilt(recipe(f"dcgan({DENSE})").build(data.shape)[0], data, 0, tmp_path)
    assert not list(tmp_path.iterdir())
