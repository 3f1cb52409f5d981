"""What a user calls an image, a folder or a data set → images of the generator's shape."""

from __future__ import annotations

from pathlib import Path

from sparring.core.runs import read_json
from sparring.data import Dataset, load_data
from sparring.errors import InputError, did_you_mean
from sparring.gan import Discriminator, Generator


def images_for(net: Generator | Discriminator, text: str | Dataset, n: int | None = None, seed: int = 0) -> Dataset:
    """Return at most n images, drawn by a seed, brought to the size and colors that a net makes or sees.

    Raises: InputError for what is not there, and samples that cannot be brought to the shape.
    """
    shape = net.shape
    if len(shape) == 3 and shape[0] in (1, 3):
        data = load_data(text, size=(shape[1], shape[2]), channels=shape[0])
    else:
        data = load_data(text)
    if data.shape != shape:
        raise InputError(f"expected samples of shape {shape} like the net's in {text}, got {data.shape}")
    return data if n is None else data.part(data.subset(n, seed), data.name)


def trained_on(run: str | Path) -> Dataset | None:
    """Return the data that a generator was trained on, where they can still be had and are the same."""
    spec = read_json(Path(run) / "spec.json")
    try:
        data = load_data(str(spec["data"]))
    except InputError:
        return None
    return data if data.checksum == spec["data_checksum"] else None


def class_number(generator: Generator, run: str | Path, text: str) -> int:
    """Return the class of a conditional generator that a name or a number means."""
    if not generator.classes:
        raise InputError(f"expected a conditional generator for the class {text!r}, got one without classes")
    data = trained_on(run)
    names = data.classes if data is not None else tuple(map(str, range(generator.classes)))
    return label_of(text, names)


def label_of(text: str, names: tuple[str, ...]) -> int:
    """Return the place of a class, given by its name in any case, or by its number.

    >>> label_of("bag", ("Shirt", "Bag")), label_of("0", ("Shirt", "Bag"))
    (1, 0)
    """
    lowered = [name.split(",")[0].strip().lower() for name in names]
    if text.strip().lower() in lowered:
        return lowered.index(text.strip().lower())
    if text.strip().isdecimal() and int(text) < len(names):
        return int(text)
    raise InputError(f"expected a class, got {text!r}{did_you_mean(text, names)}")
