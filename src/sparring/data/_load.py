"""The text of `--data` → a data set."""

from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path
from typing import Any, cast

import torch

from sparring.data._arrays import from_arrays, read_npz
from sparring.data._code import call, find_in_code, is_file_reference
from sparring.data._dataset import Dataset
from sparring.data._folder import SUFFIXES, read_folder
from sparring.data._images import Size, check_channels, check_size, read_image, refit
from sparring.data.base import DataUnit
from sparring.errors import InputError, did_you_mean
from sparring.registry import parse, units

PART = re.compile(r"(.+)\[(\d*):(\d*)\]")
"""A text and which of its samples."""


def load_data(text: str | Path | Dataset, *, size: Size | None = None, channels: int | None = None) -> Dataset:
    """Load what a text names, for any command that takes data.

    `text` is one of
        NAME[:train|:test]   a bundled data set: `sparring list data` shows them (a folder of the same
                             name is written ./NAME)
        FOLDER               pictures, one sub-folder a class; without sub-folders they have no labels
        FILE.npz             arrays x and y, or images and labels, or x_test and y_test; optional classes
        FILE.py:function     runs it; it returns a Dataset, (x, y) or (x, y, classes), arrays or tensors
        FILE.png, .jpg, ...  one picture, no label
    or a Dataset, which passes through. A text may end in [a:b], as in fashion-mnist:train[:40000] and
    fashion-mnist:train[40000:]: samples number a to b of a fixed random order, so that parts of a set which is
    sorted by class have every class, and those that do not overlap share no sample. `size` (a number, or height
    and width) resizes every image as a whole, antialiased bicubic, no crop; `channels` makes them gray (1) or
    RGB (3). Levels stay uint8.

    Raises: InputError in one line for anything that is missing, damaged, out of range or of another shape.

    >>> load_data("digits:test")
    Dataset(digits:test: 359 x 1x8x8 float32, 10 classes)
    """
    if size is not None:
        check_size(size)
    if channels is not None:
        check_channels(channels)
    data = text if isinstance(text, Dataset) else _read(str(text), size, channels)
    return _refit(data, size, channels)


def _read(text: str, size: Size | None, channels: int | None) -> Dataset:
    if not text.strip():
        raise InputError("expected a data set, got an empty text: `sparring list data` shows the bundled ones")
    part = PART.fullmatch(text)
    if part is not None and not Path(text).exists():
        return _part(_read(part[1], size, channels), part[2], part[3], text)
    if is_file_reference(text):
        return _from_function(text)
    name, _, split = text.partition(":")
    if "/" not in text and _is_unit(name):
        return cast(DataUnit, parse(name, "data")).load(split or None)
    path = Path(text)
    if path.is_dir():
        return read_folder(path, text, size, channels)
    if path.is_file() and path.suffix.lower() == ".npz":
        return read_npz(path, text)
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return Dataset(read_image(path, size, channels)[None], name=text, files=(text,))
    what = "a data set's name, a folder, a picture, FILE.npz or FILE.py:function"
    if path.is_file():
        hint = ": name the function, as in FILE.py:function" if path.suffix == ".py" else ""
        raise InputError(f"expected {what}, got the file {text!r}{hint}")
    neighbors = [str(each) for each in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(str(path), neighbors, n=2, cutoff=0.7)
    raise InputError(
        f"expected {what}, got {text!r}, and nothing is there{did_you_mean(text, [*units('data'), *close])}"
    )


def _part(data: Dataset, first: str, last: str, text: str) -> Dataset:
    """Return the samples from `first` to before `last` in a random order that depends on their number alone."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    rows = order[int(first or 0) : int(last or len(data))]
    if not len(rows):
        raise InputError(f"expected a part of the {len(data)} samples of {data.name}, got none in {text!r}")
    return data.part(rows.sort().values, text)


def _is_unit(text: str) -> bool:
    name = text.partition("(")[0].strip().lower().replace("-", "_")
    return name in {known.replace("-", "_") for known in units("data")}


def _from_function(text: str) -> Dataset:
    found: Any = find_in_code(text).value
    if not callable(found):
        raise InputError(f"expected a function at {text}, got {type(found).__name__}")
    result = call(found, text)
    if isinstance(result, Dataset):
        return dataclasses.replace(result, name=text)
    if isinstance(result, tuple) and len(result) in (2, 3):
        x, y, classes = (*result, None)[:3]
        return from_arrays(x, y, classes, text)
    raise InputError(f"expected {text} to return a Dataset, (x, y) or (x, y, classes), got {type(result).__name__}")


def _refit(data: Dataset, size: Size | None, channels: int | None) -> Dataset:
    wanted_size = None if size is None else check_size(size)
    if (wanted_size or data.shape[1:]) == data.shape[1:] and (channels or data.shape[0]) == data.shape[0]:
        return data
    if len(data.shape) != 3:
        raise InputError(f"expected images to resize or recolor in {data.name}, got samples of shape {data.shape}")
    pixels = torch.stack([refit(image, size, channels) for image in data.pixels])
    return dataclasses.replace(data, pixels=pixels)
