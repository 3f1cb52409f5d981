"""Real images above what a generator makes of the codes that its encoder gives them."""

from __future__ import annotations

from pathlib import Path

import torch

from sparring.core.runs import write_atomic
from sparring.data import Dataset
from sparring.gan import generate
from sparring.gan.inference import encoder_of
from sparring.gan.nets import Generator
from sparring.train._looks import png
from sparring.types import Images

REBUILT, SHOWN = "reconstructions.png", 8
"""The picture in a run's directory, and images of each row."""


def rebuilt(generator: Generator, data: Dataset, seed: int) -> tuple[Images, Images] | None:
    """Return some images (n, *shape) and what becomes of them by code and back; None where nothing gives codes."""
    encoder = encoder_of(generator)
    if encoder is None or generator.classes:
        return None
    images = data.images(data.subset(SHOWN, seed))
    place, training = next(encoder.parameters()).device, encoder.training
    with torch.no_grad():
        z = encoder.eval()(images.to(place)).cpu()
    encoder.train(training)
    return images, generate(generator, len(z), z=z)


def write_rebuilt(generator: Generator, data: Dataset, seed: int, folder: Path) -> None:
    """Leave a picture of both in a run's directory, where there are codes and pictures to show."""
    found = rebuilt(generator, data, seed)
    if found is not None and found[0].ndim == 4:
        pairs = torch.stack(found, 1).flatten(0, 1)  # each image, and itself again, side by side
        write_atomic(folder / REBUILT, png(pairs))
