"""The verb `evaluate`: samples through networks, and every figure beside what real images, copies and noise get."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from sparring.core.runs import machine, versions, write_json
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.evaluate._rows import ROWS
from sparring.evaluate._sets import Sets, gather
from sparring.evaluate._tables import Progress, Table, by_network, by_pixels
from sparring.metrics import Figure, Metric
from sparring.metrics.features import FeatureNetwork, features_unit
from sparring.registry import parse_as

DEFAULT = (
    "fid",
    "kid",
    "precision_recall",
    "density_coverage",
    "inception_score",
    "authenticity",
    "neighbors",
    "duplicates",
)
"""The metrics that are measured where none are named: all but those that cost many times as much."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came out: `tables`, one a feature network; what `result.json` holds; the samples, and `pairs` of near
    copies.

    `pairs`: (sample, training image, distance), images as uint8 levels, the nearest first.
    """

    tables: tuple[Table, ...]
    result: dict[str, Any]
    samples: Tensor
    pairs: list[tuple[Tensor, Tensor, float]]
    folder: Path | None

    def __getitem__(self, label: str) -> Figure:
        """Return a figure of the samples by its label, such as `fid[efficientnet-lite0]`."""
        known = [figure for table in self.tables for figure in table["samples"].figures]
        for figure in known:
            if label in (figure.label, figure.name):
                return figure
        raise InputError(f"expected a figure of {', '.join(figure.label for figure in known)}, got {label!r}")


def evaluate(
    samples: str | Path | Dataset | Tensor,
    against: str | Path | Dataset,
    *,
    features: str | FeatureNetwork | Sequence[str | FeatureNetwork] = "efficientnet-lite0",
    metrics: Sequence[str | Metric] = DEFAULT,
    train: str | Path | Dataset | None = None,
    n: int = 10_000,
    half: Literal["report", "select"] = "report",
    seed: int = 0,
    size: int | None = None,
    channels: int | None = None,
    batch_size: int | None = None,
    cache: str | Path | None = None,
    out: str | Path | None = None,
    command: str | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge samples of a generator: every figure with its interval, beside that of the truth, of a memorizer and of
    noise.

    Args:
        samples: the run directory of a training, a folder of pictures, an array file, a Dataset or a tensor.
        against: the real data. They are cut into halves by `seed`; samples are compared with one, and the row `truth`
            is drawn from the other, so it says what perfect samples would get at this n.
        features: one or more feature networks; any classifier that `load_model` takes is one.
        metrics: which figures; `sparring list metric` shows all.
        train: what the generator was trained on, to look for copies among; a run directory knows it. Without it copies
            are looked for among the images that are compared with, and the memorizer copies these.
        n: samples, and real images, at most; all rows have the same number.
        half: which half to compare with: choose by `select`, report on `report` (G40).
        seed: decides halves, codes, subsets and noise.
        size, channels: bring all images to one size and to gray or RGB.
        batch_size: images a look; changes speed, not figures (G7).
        cache: a folder where what is seen of real images is kept, by content.
        out: a directory for `result.json`.
        progress: is told how far looking is.

    Returns: Evaluation.

    Raises: InputError, one line, for what cannot be judged.

    Cost: a forward pass an image and network: of n samples, n + n real images, n of noise, and n of training.

    >>> from sparring.data import load_data
    >>> digits = load_data("digits:train")
    >>> found = evaluate(digits.pixels[:200], digits, features="pixels", metrics=["fid"], n=100)
    >>> found["fid[pixels]"].n, found.tables[0]["noise"]["fid"].value > found["fid"].value
    (100, True)
    """
    started = time.perf_counter()
    chosen = [parse_as(Metric, each) for each in metrics]
    listed = [features] if isinstance(features, str | FeatureNetwork) else list(features)
    networks = [features_unit(each) for each in listed]
    if not chosen or not networks:
        raise InputError("expected at least one metric and one feature network, got none")
    if half not in ("report", "select"):
        raise InputError(f"expected half as report or select, got {half!r}")
    sets = gather(samples, against, train, networks, n=n, half=half, seed=seed, size=size, channels=channels)
    looking = [metric for metric in chosen if metric.needs != "images"]
    tables = [by_network(unit, looking, sets, seed, batch_size, cache, progress) for unit in networks if looking]
    if len(looking) < len(chosen):
        tables.append(by_pixels([metric for metric in chosen if metric.needs == "images"], sets, seed))
    result = {
        "kind": "evaluate",
        "n": sets.n,
        "reference": len(sets.real),
        "spec": sets.spec | {
            "features": [str(unit) for unit in networks], "metrics": [str(metric) for metric in chosen], "half": half,
            "versions": versions(),
        },
        "tables": [
            {"features": table.features, "rows": [
                {"name": row.name, "is": ROWS[row.name], "figures": [figure.to_json() for figure in row.figures]}
                for row in table.rows
            ]}
            for table in tables
        ],
        "notes": sets.notes,
        "seed": seed,
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - started, 3),
    }  # fmt: skip
    if out is not None:
        write_json(Path(out) / "result.json", result)
    return Evaluation(tuple(tables), result, sets.samples, _pairs(tables, sets), None if out is None else Path(out))


def _pairs(tables: Sequence[Table], sets: Sets) -> list[tuple[Tensor, Tensor, float]]:
    """Return the samples that come nearest to a training image, with it, where that was measured."""
    for table in tables:
        for figure in table["samples"].figures:
            if "pairs" in figure.details:
                return [(sets.samples[j], sets.train[i], ratio) for j, i, ratio in figure.details["pairs"]]
    return []
