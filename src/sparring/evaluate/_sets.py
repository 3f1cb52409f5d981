"""Which images are judged, compared with, learned from and looked for copies among."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.evaluate._likely import likely_sources
from sparring.evaluate._samples import samples_of, training_data
from sparring.metrics._halves import halves
from sparring.metrics.features import FeatureNetwork, levels_of
from sparring.metrics.features.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Sets:
    """The images of an evaluation, uint8 levels, disjoint but for `train`.

    Fields:
        samples, truth: (n, *shape); `truth` is real and from the half that is not compared with.
        real: what both are compared with.
        train: training images to look at in features, see `likely_sources`; `real` itself where none are known.
        every: all training images.
        new, every_new: which of `train` and `every` are not in `truth`, (k,) bool: what the truth is no copy of.
        learn: labelled images that a local classifier may learn from, apart from `real` and `truth`.
        checksum, split: of the data that `real` is from, and which half it is.
        spec: what was asked, with checksums; notes: what a reader should know.
    """

    samples: Tensor
    truth: Tensor
    real: Tensor
    train: Tensor
    every: Tensor
    new: Tensor
    every_new: Tensor
    learn: Dataset | None
    checksum: str
    split: str
    spec: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many images every row has."""
        return len(self.samples)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        return tuple(self.real.shape[1:])


def gather(
    samples: str | Path | Dataset | Tensor,
    against: str | Path | Dataset,
    train: str | Path | Dataset | None,
    networks: Sequence[FeatureNetwork],
    *,
    n: int,
    half: Literal["report", "select"],
    seed: int,
    size: int | None,
    channels: int | None,
) -> Sets:
    """Load everything, and cut it so that no image serves two ends.

    Raises: InputError for fewer than 20 samples or real images, and for shapes that differ.
    """
    data = load_data(against, size=size, channels=channels)
    known = training_data(samples)
    trained = _training(train, known, size, channels)
    cut = halves(data, seed)
    real, other = (cut.report, cut.select) if half == "report" else (cut.select, cut.report)
    learns = any(isinstance(unit, Classifier) and not unit.model for unit in networks)
    apart = trained is not None and trained.checksum != data.checksum
    learn = trained if apart and trained is not None and trained.labels is not None else None
    truth = other
    if learns and learn is None:
        spare = halves(other, child_seed(seed, "learn"))
        learn, truth = spare.select, spare.report
    judged = samples_of(_refit(samples, size, channels), min(n, len(truth)), seed, data.shape)
    if min(len(judged), len(truth), len(real)) < 20:
        raise InputError(
            f"expected at least 20 samples and 40 real images, or 80 where a classifier learns from them, got "
            f"{len(judged)} and {len(data)}"
        )
    if trained is not None and trained.shape != data.shape:
        raise InputError(f"expected training images of shape {data.shape}, got {trained.shape} in {trained.name}")
    compared = levels_of(real.pixels[real.subset(n, seed)])
    every = compared if trained is None else levels_of(trained.pixels)
    judged_truth = levels_of(truth.pixels[truth.subset(len(judged), seed)])
    copied = compared if trained is None else every[likely_sources([judged, judged_truth], every, n, seed)]
    notes = _notes(trained, len(copied), int((~_not_in(compared, every)).sum()), len(compared))
    spec = {
        "samples": str(samples) if isinstance(samples, str | Path) else getattr(samples, "name", "tensor"),
        "data": data.name, "data_checksum": data.checksum, "n": n, "seed": seed,
        "train": None if trained is None else trained.name,
        "train_checksum": None if trained is None else trained.checksum,
    }  # fmt: skip
    return Sets(
        judged, judged_truth, compared, copied, every, _not_in(copied, judged_truth),
        _not_in(every, judged_truth), learn, data.checksum, f"{half} half of {data.name}", spec, notes,
    )  # fmt: skip


def _training(
    given: str | Path | Dataset | None, known: tuple[str, str] | None, size: int | None, channels: int | None
) -> Dataset | None:
    """Return what the generator was trained on: as given, else as its run says, if it is still the same."""
    if given is not None:
        return load_data(given, size=size, channels=channels)
    if known is None:
        return None
    try:
        data = load_data(known[0])
    except InputError:
        return None
    return load_data(data, size=size, channels=channels) if data.checksum == known[1] else None


def _refit(
    samples: str | Path | Dataset | Tensor, size: int | None, channels: int | None
) -> str | Path | Dataset | Tensor:
    """Return samples in the size and colors asked for, where they are not made on the spot."""
    asked = size is not None or channels is not None
    if not asked or isinstance(samples, Tensor) or (training_data(samples) is not None):
        return samples
    if isinstance(samples, str | Path) and Path(samples).suffix.lower() == ".npy":
        return samples
    return load_data(samples, size=size, channels=channels)


def _not_in(images: Tensor, others: Tensor) -> Tensor:
    """Say of each image whether it is none of the others, pixel for pixel, (n,) bool."""
    known = {_content(row) for row in others}
    return torch.tensor([_content(row) not in known for row in images])


def _content(image: Tensor) -> bytes:
    return hashlib.blake2b(image.contiguous().numpy().tobytes(), digest_size=16).digest()


def _notes(trained: Dataset | None, looked: int, shared: int, compared: int) -> list[str]:
    if trained is None:
        return [
            "what the generator was trained on is not known (--train): copies are looked for among the real images "
            "that samples are compared with"
        ]
    notes = []
    if shared:
        notes.append(
            f"{shared} of the {compared} real images that samples are compared with are training images, so a "
            "generator that copies looks better than it is: hold some out, and give them to --against"
        )
    if looked < len(trained):
        notes.append(
            f"copies were looked for in features among {looked} of {len(trained)} training images, some at random and "
            "those that are nearest in pixels, and by hash among all"
        )
    return notes
