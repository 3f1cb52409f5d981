"""What a user calls an image, a folder or a data set → images of the generator's shape."""

from __future__ import annotations

import torch

from sparring.core.runs import read_json
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.gan import Generator


def images_for(generator: Generator, text: str, n: int | None = None, seed: int = 0) -> Dataset:
    """Return at most n images, drawn by a seed, brought to the size and colors of the generator's own.

    Raises: InputError for what is not there, and samples that cannot be brought to the shape.
    """
    shape = generator.shape
    if len(shape) == 3 and shape[0] in (1, 3):
        data = load_data(text, size=(shape[1], shape[2]), channels=shape[0])
    else:
        data = load_data(text)
    if data.shape != shape:
        raise InputError(f"expected samples of shape {shape} like the generator's in {text}, got {data.shape}")
    return data if n is None else part(data, data.subset(n, seed))


def part(data: Dataset, rows: torch.Tensor) -> Dataset:
    """Return some samples of a data set."""
    labels = None if data.labels is None else data.labels[rows]
    return Dataset(data.pixels[rows], labels, data.classes, data.name)


def trained_on(run: object) -> Dataset | None:
    """Return the data that a generator was trained on, where they can still be had and are the same."""
    spec = read_json(f"{run}/spec.json")
    try:
        data = load_data(str(spec["data"]))
    except InputError:
        return None
    return data if data.checksum == spec["data_checksum"] else None
