"""Fashion-MNIST from the files of Debian's package, or of any folder that holds the four."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from sparring.data.base import DataUnit
from sparring.errors import InputError

FOLDER = "/usr/share/datasets/fashion-mnist"
VARIABLE = "SPARRING_FASHION_MNIST"
CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_UINT8 = 8  # the code of unsigned bytes in an idx header


@dataclass(frozen=True)
class FashionMnist(DataUnit):
    """70,000 pictures of clothes, 28 × 28, harder than MNIST: `fashion-mnist[:train|:test]`, by default test.

    The files are those of Debian's package `dataset-fashion-mnist`, or lie in the folder that the
    environment variable SPARRING_FASHION_MNIST names.

    Shapes: pixels (60,000 or 10,000, 1, 28, 28) uint8; labels (n,) in 0..9.
    Raises: InputError when the files are missing or damaged.
    Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747.
    Differs: nothing.
    """

    default: ClassVar[str | None] = "test"

    def read(self, split: str | None) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Return pixels, labels and class names."""
        folder = Path(os.environ.get(VARIABLE) or FOLDER)
        stem = "train" if split == "train" else "t10k"
        pixels = _read_idx(folder / f"{stem}-images-idx3-ubyte.gz", ndim=3)
        labels = _read_idx(folder / f"{stem}-labels-idx1-ubyte.gz", ndim=1)
        return pixels.unsqueeze(1), labels.to(torch.int64), CLASSES


def _read_idx(path: Path, ndim: int) -> Tensor:
    """Read one idx file: two zero bytes, the type, the number of axes, each length big-endian, the bytes."""
    try:
        raw = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"expected Fashion-MNIST in {path.parent}, got no {path.name}: "
            f"apt-get install dataset-fashion-mnist, or set {VARIABLE} to its folder"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"expected a gzip file at {path}, got {error}: install it again") from None
    start = 4 + 4 * ndim
    shape = tuple(int.from_bytes(raw[at : at + 4], "big") for at in range(4, start, 4))
    if raw[:4] != bytes((0, 0, _UINT8, ndim)) or len(raw) != start + math.prod(shape):
        raise InputError(f"expected an idx file of {ndim} axes at {path}, got {len(raw)} other bytes: install it again")
    return torch.frombuffer(bytearray(raw[start:]), dtype=torch.uint8).view(shape)
