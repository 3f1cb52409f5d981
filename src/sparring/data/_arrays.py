"""Arrays of any usual layout → a data set in ours."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring.data._dataset import Dataset
from sparring.errors import InputError

# What NumPy and zipfile raise for damaged, foreign, encrypted or pickled content.
_UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, AttributeError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error),
)
_PAIRS = (("x", "y"), ("images", "labels"), ("x_test", "y_test"))


def read_npz(path: Path, name: str) -> Dataset:
    """Read the arrays `x` and `y` (or `images` and `labels`, or `x_test` and `y_test`) of an .npz file.

    An array `classes` of names is optional, and so are the labels. Nothing in the file is run.
    """
    try:
        with path.open("rb") as handle:
            file = np.load(handle, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it is one bare array")
            arrays = {key: file[key] for key in file.files if key in {*sum(_PAIRS, ()), "classes"}}
            present = ", ".join(file.files) or "nothing"
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"expected an .npz file of plain arrays at {path}, got one that does not load: {reason}"
        ) from None
    for x_key, y_key in _PAIRS:
        if x_key in arrays:
            labels = next((arrays[key] for key in (y_key, "y", "labels") if key in arrays), None)
            return from_arrays(arrays[x_key], labels, arrays.get("classes"), name)
    raise InputError(f"expected an array x, images or x_test in {path}, got {present}")


def from_arrays(x: Any, y: Any, classes: Sequence[Any] | np.ndarray[Any, Any] | None, name: str) -> Dataset:
    """Make a data set of NumPy arrays or tensors, checked.

    `x` is (n, h, w), (n, c, h, w), (n, h, w, c) with c of 1 or 3, or (n, d); uint8, or float in [0, 1].
    When both the second and the last axis are 1 or 3 long, channels are taken to come first.
    `y` is None or (n,) or (n, 1) whole numbers.
    """
    labels = None if y is None else _labels(_tensor(y, "labels", name), name)
    names = () if classes is None else tuple(str(each) for each in np.asarray(classes).reshape(-1).tolist())
    return Dataset(_channels_first(_pixels(_tensor(x, "pixels", name), name), name), labels, names, name)


def _tensor(value: Any, what: str, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach().cpu()
    try:
        array = np.asarray(value)
        if array.dtype.kind == "u" and array.dtype.itemsize > 1:
            array = array.astype(np.int64)  # torch knows no wide unsigned arithmetic
        return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
    except (TypeError, ValueError):
        raise InputError(f"expected an array of numbers as {what} in {name}, got {type(value).__name__}") from None


def _pixels(x: Tensor, name: str) -> Tensor:
    if x.dtype != torch.uint8 and not x.is_floating_point():
        raise InputError(
            f"expected uint8 pixels, or floats in [0, 1], in {name}, got {x.dtype}: convert them to either"
        )
    return x if x.dtype == torch.uint8 else x.to(torch.float32)


def _channels_first(x: Tensor, name: str) -> Tensor:
    if x.ndim == 2:
        return x
    if x.ndim == 3:
        return x.unsqueeze(1)
    if x.ndim == 4 and x.shape[1] in (1, 3):
        return x.contiguous()
    if x.ndim == 4 and x.shape[3] in (1, 3):
        return x.permute(0, 3, 1, 2).contiguous()
    raise InputError(
        f"expected pixels of shape (n, h, w), (n, 1 or 3, h, w), (n, h, w, 1 or 3) or (n, d) in {name}, "
        f"got {tuple(x.shape)}"
    )


def _labels(y: Tensor, name: str) -> Tensor:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(
            f"expected one label a sample, shape (n,), in {name}, got {tuple(y.shape)}: one-hot? take argmax"
        )
    if y.is_floating_point():
        broken = ~(y == y.round())  # NaN is broken too
        if broken.any():
            first = int(broken.nonzero()[0])
            raise InputError(
                f"expected whole numbers as labels in {name}, got {int(broken.sum())} others of {len(y)}, "
                f"the first {float(y[first]):.4g} at index {first}"
            )
    return y.to(torch.int64)
