"""A folder of pictures: one sub-folder a class, or pictures alone without labels."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from sparring.data._dataset import Dataset
from sparring.data._images import Size, read_image
from sparring.errors import InputError

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"))


def read_folder(folder: Path, name: str, size: Size | None, channels: int | None) -> Dataset:
    """Read every picture below a folder, in order of name, labelled by the sub-folder it lies in.

    Sub-folders named by numbers are ordered as numbers (2 before 10). A label is the position of its
    class in that order, whatever the number. Pictures stay gray when all are gray, else all become RGB.

    Raises: InputError when there is no picture, when sizes differ and no `size` is given, or when
    pictures lie both in class folders and beside them.
    """
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    beside = sorted(entry for entry in entries if entry.suffix.lower() in SUFFIXES and entry.is_file())
    classes = sorted((entry for entry in entries if entry.is_dir()), key=lambda entry: _order(entry.name))
    inside = [(path, label) for label, sub in enumerate(classes) for path in _pictures(sub)]
    if beside and inside:
        raise InputError(
            f"expected class folders or pictures in {folder}, got both ({classes[inside[0][1]].name}/ "
            f"and {beside[0].name}): move one of them"
        )
    if inside:
        pixels = _read_all([path for path, _ in inside], size, channels)
        labels = torch.tensor([label for _, label in inside])
        files = tuple(str(path) for path, _ in inside)
        return Dataset(pixels, labels, tuple(entry.name for entry in classes), name, files)
    if not beside:
        kinds = ", ".join(sorted(SUFFIXES))
        raise InputError(f"expected pictures ({kinds}) in {folder}, or in its sub-folders, got none")
    return Dataset(_read_all(beside, size, channels), None, (), name, tuple(str(path) for path in beside))


def _pictures(folder: Path) -> list[Path]:
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [Path(root, file) for file in files if not file.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def _order(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)


def _read_all(paths: list[Path], size: Size | None, channels: int | None) -> Tensor:
    images: list[Tensor] = []
    for path in paths:
        image = read_image(path, size, channels)
        if images and image.shape[1:] != images[0].shape[1:]:
            (h0, w0), (h1, w1) = images[0].shape[1:], image.shape[1:]
            raise InputError(
                f"expected pictures of one size, got {h0}x{w0} in {paths[0]} and {h1}x{w1} in {path}: "
                "give the size to resize them to, such as --size 224"
            )
        images.append(image)
    widest = max(image.shape[0] for image in images)
    return torch.stack([image.expand(widest, -1, -1) for image in images])
