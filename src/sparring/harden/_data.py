"""What is trained on, what is held out, what has lost its labels, and what the audits are on."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.harden._recipe import Recipe


def test_data(data: Dataset, given: str | Dataset | None) -> Dataset:
    """Return the data for audits: those given, or the test part of the set that is trained on.

    Raises: InputError when there are none, or they are of another shape or other classes.
    """
    if given is None:
        name, _, split = data.name.partition(":")
        if split != "train":
            raise InputError(
                f"expected test data for the audits, got none, and {data.name!r} is not the train part of a known set: "
                "give --test DATA, or --no-audit"
            )
        given = f"{name}:test"
    test = load_data(given)
    test.take([0])
    if test.shape != data.shape or test.classes != data.classes:
        raise InputError(f"expected test data of the shape and classes of {data}, got {test}")
    return test


def split(
    data: Dataset, recipe: Recipe, labels: int | None, unlabeled: str | Dataset | None, seed: int
) -> tuple[Dataset, Dataset, Dataset | None]:
    """Return training data, held-out data, and images without labels, if there are any.

    A fifth of the data at most is held out. With `labels`, so many of the training samples keep theirs, as evenly over
    the classes as they allow; the held-out samples keep theirs too, as otherwise no weights could be chosen.
    """
    if len(data) < 10:
        raise InputError(f"expected at least 10 samples to train on, got {len(data)} in {data.name}")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(child_seed(seed, "held out")))
    count = min(recipe.held_out, len(data) // 5)
    held, train = part(data, order[:count].sort().values), part(data, order[count:].sort().values)
    extra = None if unlabeled is None else _images(load_data(unlabeled), data)
    if labels is not None:
        kept = _even(train, labels, seed)
        others = torch.ones(len(train), dtype=torch.bool)
        others[kept] = False
        rest = dataclasses.replace(part(train, others.nonzero()[:, 0]), labels=None)
        extra = rest if extra is None else _joined(rest, extra)
        train = part(train, kept)
    return train, held, extra


def part(data: Dataset, rows: Tensor) -> Dataset:
    """Return some rows of a data set, under its name."""
    labels = None if data.labels is None else data.labels[rows]
    files = tuple(data.files[row] for row in rows.tolist()) if data.files else ()
    return dataclasses.replace(data, pixels=data.pixels[rows], labels=labels, files=files)


def _even(data: Dataset, count: int, seed: int) -> Tensor:
    """Return the rows of so many samples, the classes in turn."""
    assert data.labels is not None
    if not len(data.classes) <= count <= len(data):
        raise InputError(
            f"expected labels between the {len(data.classes)} classes and the {len(data)} samples, got {count}"
        )
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(child_seed(seed, "labels")))
    turn = torch.zeros(len(data), dtype=torch.int64)
    for label in range(len(data.classes)):
        mine = order[data.labels[order] == label]
        turn[mine] = torch.arange(len(mine))
    return order[turn[order].sort(stable=True).indices[:count]].sort().values


def _images(extra: Dataset, data: Dataset) -> Dataset:
    if extra.shape != data.shape:
        raise InputError(f"expected unlabeled images of shape {data.shape}, got {extra.shape} in {extra.name}")
    return dataclasses.replace(extra, labels=None)


def _joined(one: Dataset, two: Dataset) -> Dataset:
    def levels(data: Dataset) -> Tensor:
        return data.images()

    same = one.pixels.dtype == two.pixels.dtype
    pixels = torch.cat([one.pixels, two.pixels]) if same else torch.cat([levels(one), levels(two)])
    return dataclasses.replace(one, pixels=pixels, labels=None, files=())
