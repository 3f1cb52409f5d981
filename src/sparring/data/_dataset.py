"""What an attack is run on: pixels, labels and the names of the classes. One that exists is valid."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.types import Images, Labels

Index = Tensor | Sequence[int] | slice


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images in memory with their labels, for whoever attacks, trains or audits.

    Fields:
        pixels: (n, c, h, w), or (n, d) for plain features: uint8 levels of 255, or float32 in [0, 1].
        labels: (n,) int64 in [0, len(classes)), or None when nothing is known.
        classes: one name a class; "0", "1", ... when none were given.
        name: the text that loads it, such as "fashion-mnist:test".
        files: one path a sample when it came from pictures on disk, else empty.

    Raises: InputError when pixels lie outside [0, 1], are NaN or infinite, or labels do not fit.

    >>> data = Dataset(torch.tensor([[0, 255]], dtype=torch.uint8), torch.tensor([1]))
    >>> data.classes, data.take([0])[0].tolist()
    (('0', '1'), [[0.0, 1.0]])
    """

    pixels: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    name: str = "data"
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_pixels(self.pixels, self.name)
        if self.files and len(self.files) != len(self):
            raise InputError(f"expected one file a sample in {self.name}, got {len(self.files)} for {len(self)}")
        if self.labels is None:
            return
        count = _check_labels(self.labels, len(self), self.name)
        if not self.classes:
            object.__setattr__(self, "classes", tuple(str(index) for index in range(count)))
        if count > len(self.classes):
            raise InputError(
                f"expected labels below {len(self.classes)} in {self.name}, got {count - 1}: "
                "name every class, or correct the labels"
            )

    def __repr__(self) -> str:
        shape, kind = "x".join(map(str, self.shape)), str(self.pixels.dtype).removeprefix("torch.")
        labels = f"{len(self.classes)} classes" if self.labels is not None else "no labels"
        return f"Dataset({self.name}: {len(self)} x {shape} {kind}, {labels})"

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: (c, h, w), or (d,)."""
        return tuple(self.pixels.shape[1:])

    def images(self, index: Index = slice(None)) -> Images:
        """Return the chosen samples as float32 in [0, 1], levels of 255 as exactly k/255."""
        chosen = self.pixels[_as_index(index)]
        return chosen.to(torch.float32) / 255 if chosen.dtype == torch.uint8 else chosen.clone()

    def take(self, index: Index = slice(None)) -> tuple[Images, Labels]:
        """Return the chosen samples as float32 in [0, 1], with their labels.

        Raises: InputError when there are no labels; `images` works without.
        """
        if self.labels is None:
            raise InputError(f"expected labels in {self.name}, got none: put pictures in one sub-folder a class")
        return self.images(index), self.labels[_as_index(index)].clone()

    def subset(self, n: int, seed: int = 0) -> Tensor:
        """Return the indices of `n` random samples in ascending order, or of all when there are no more.

        A random draw, since the first n of a set sorted by class are one class (T39).

        >>> Dataset(torch.zeros(5, 1)).subset(9).tolist()
        [0, 1, 2, 3, 4]
        """
        if n <= 0:
            raise InputError(f"expected a positive number of samples, got {n}")
        if n >= len(self):
            return torch.arange(len(self))
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(len(self), generator=generator)[:n].sort().values

    def part(self, rows: Tensor, name: str) -> Dataset:
        """Return some of the samples as a data set of its own.

        >>> Dataset(torch.tensor([[0.0], [0.5], [1.0]])).part(torch.tensor([2, 0]), "ends").images().flatten().tolist()
        [1.0, 0.0]
        """
        return dataclasses.replace(
            self,
            pixels=self.pixels[rows],
            labels=None if self.labels is None else self.labels[rows],
            name=name,
            files=tuple(self.files[row] for row in rows.tolist()) if self.files else (),
        )

    @cached_property
    def checksum(self) -> str:
        """The sha256 of pixels and labels: the same content has the same sum, whatever its name (G8)."""
        digest = hashlib.sha256()
        for part in (self.pixels, self.labels):
            if part is None:
                digest.update(b"no labels")
                continue
            digest.update(f"{part.dtype} {tuple(part.shape)}".encode())
            digest.update(part.contiguous().numpy().tobytes())
        return digest.hexdigest()


def _as_index(index: Index) -> Tensor | slice:
    return index if isinstance(index, slice | Tensor) else torch.tensor(list(index), dtype=torch.int64)


def _check_pixels(pixels: Tensor, name: str) -> None:
    if pixels.dtype not in (torch.uint8, torch.float32):
        raise InputError(f"expected uint8 or float32 pixels in {name}, got {pixels.dtype}")
    if pixels.ndim not in (2, 4) or pixels.numel() == 0:
        raise InputError(f"expected (n, c, h, w) or (n, d) pixels, not empty, in {name}, got {tuple(pixels.shape)}")
    if pixels.dtype == torch.uint8:
        return
    flat = pixels.flatten(1)
    _refuse(~flat.isfinite().all(1), name, "finite pixels", "NaN or infinite", "repair or drop them")
    low, high = flat.amin(1), flat.amax(1)
    advice = f"values run from {float(low.min()):.4g} to {float(high.max()):.4g}, scale them to [0, 1]"
    _refuse((low < 0) | (high > 1), name, "pixels in [0, 1]", "outside", advice)


def _check_labels(labels: Tensor, n: int, name: str) -> int:
    """Return the number of classes that the labels need."""
    if labels.dtype != torch.int64 or labels.ndim != 1:
        raise InputError(
            f"expected int64 labels, shape (n,), in {name}, got {labels.dtype}, shape {tuple(labels.shape)}"
        )
    if len(labels) != n:
        raise InputError(f"expected one label a sample in {name}, got {len(labels)} labels for {n} samples")
    _refuse(labels < 0, name, "labels from 0", "negative", "number the classes from 0")
    return int(labels.max()) + 1


def _refuse(bad: Tensor, name: str, expected: str, got: str, advice: str) -> None:
    count = int(bad.sum())
    if count:
        first = int(bad.nonzero()[0])
        raise InputError(
            f"expected {expected} in {name}, got {count} of {len(bad)} samples {got}, "
            f"the first at index {first}: {advice}"
        )
