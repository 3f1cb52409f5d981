"""One feature network, every set of images, every metric: a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.evaluate._rows import noise, redrawn
from sparring.evaluate._sets import Sets
from sparring.metrics import Figure, Fingerprint, Metric, Seen
from sparring.metrics.features import FeatureNetwork, see

Progress = Callable[[str, int, int], None]
"""Called with (what is looked at, images done, of how many)."""


@dataclass(frozen=True)
class Row:
    """The figures of one set of images: the samples, or what stands beside them."""

    name: str
    figures: tuple[Figure, ...]

    def __getitem__(self, name: str) -> Figure:
        for figure in self.figures:
            if name in (figure.name, figure.label):
                return figure
        raise InputError(f"expected a figure of {', '.join(figure.name for figure in self.figures)}, got {name!r}")


@dataclass(frozen=True)
class Table:
    """The figures that one feature network gives, a row for each set of images."""

    features: str
    rows: tuple[Row, ...]

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise InputError(f"expected a row of {', '.join(row.name for row in self.rows)}, got {name!r}")


def by_network(
    unit: FeatureNetwork,
    metrics: Sequence[Metric],
    sets: Sets,
    seed: int,
    batch_size: int | None,
    cache: str | Path | None,
    progress: Progress | None,
) -> Table:
    """Return the figures that one network gives of all sets; metrics that need probabilities it lacks are left out."""
    network = unit.load(sets.shape, sets.learn, seed=seed)
    around = {"real": sets.real, "truth": sets.truth, "noise": noise(sets.n, sets.shape, seed)}
    around |= {} if sets.train is sets.real else {"train": sets.train}
    total, done = sets.n + sum(map(len, around.values())), 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(network.name, done, total)

    def look(images: Tensor, kept: str | Path | None) -> Seen:
        return see(images, network, batch_size=batch_size, cache=kept, progress=told)

    seen = {name: look(images, cache) for name, images in around.items()}
    seen["samples"] = look(sets.samples, None)  # every checkpoint makes others: nothing to keep
    train = seen.get("train", seen["real"])
    seen["memorizer"] = train.take(redrawn(sets.n, len(train), seed))
    able = [metric for metric in metrics if metric.needs == "features" or seen["samples"].probabilities is not None]
    if not able:
        raise InputError(f"expected metrics that work without classes for {network.name}, got {metrics[0]} alone")
    mark = _fingerprint(network.name, network.checksum, network.resize, sets, seed)
    return _measured(network.name, able, seen, train, _apart(train, sets.new), mark, seed)


def by_pixels(metrics: Sequence[Metric], sets: Sets, seed: int) -> Table:
    """Return the figures that need no network, with all training images: they cost little."""
    train = _bare(sets.every)
    seen = {name: _bare(images) for name, images in (("real", sets.real), ("truth", sets.truth))}
    seen |= {"samples": _bare(sets.samples), "noise": _bare(noise(sets.n, sets.shape, seed))}
    seen["memorizer"] = _bare(sets.train[redrawn(sets.n, len(sets.train), seed)])
    mark = _fingerprint("phash", "", "none", sets, seed)
    return _measured("phash", metrics, seen, train, _apart(train, sets.every_new), mark, seed)


def _bare(images: Tensor) -> Seen:
    return Seen(torch.zeros(len(images), 1), images=images)


def _apart(train: Seen, new: Tensor) -> Seen:
    """Return the training images that the truth is not among; all of them where hardly any are left."""
    return train if bool(new.all()) or int(new.sum()) < 20 else train.take(new.nonzero()[:, 0])


def _fingerprint(features: str, checksum: str, resize: str, sets: Sets, seed: int) -> Fingerprint:
    return Fingerprint(features, checksum, resize, sets.n, len(sets.real), sets.checksum, sets.split, seed)


def _measured(
    name: str, metrics: Sequence[Metric], seen: dict[str, Seen], train: Seen, apart: Seen, mark: Fingerprint, seed: int
) -> Table:
    rows = []
    for row in ("samples", "truth", "memorizer", "noise"):
        found = [
            dataclasses.replace(figure, fingerprint=mark)
            for metric in metrics
            for figure in metric(seen[row], seen["real"], train=apart if row == "truth" else train, seed=seed)
        ]
        rows.append(Row(row, tuple(found)))
    return Table(name, tuple(rows))
