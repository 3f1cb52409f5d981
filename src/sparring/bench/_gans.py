"""Every loss of GANs, tried with as many settings and seeds under one budget: what to expect, not what was best."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparring.bench._gans_rows import GanRow, rows_of
from sparring.bench._gans_space import NETS, Entry, entries, setting
from sparring.bench._gans_trial import Budget, Trial, known, one_thread, run_trial, sides
from sparring.bench._pool import Record, each_once
from sparring.core.runs import open_run
from sparring.errors import InputError
from sparring.gan.nets import Nets
from sparring.metrics.features import FeatureNetwork, features_unit
from sparring.registry import parse_as

Progress = Callable[[int, int, str], None]
"""Called with trials done, how many there are, and the last one in words."""


@dataclass(frozen=True)
class GanBench:
    """What came out.

    Fields:
        rows: by data set, the best first.
        beside: by data set, the figures of real images (`truth`) and of `noise`, `n` and the figure's `label`.
        entries: what was compared.
        records: each trial as it lies in its `trial.json`.
    """

    rows: dict[str, list[GanRow]]
    beside: dict[str, Record]
    entries: list[Entry]
    records: list[Record]


def bench_gans(
    data: Sequence[str] = ("digits",),
    *,
    gans: Sequence[str] = (),
    nets: str | Nets = NETS,
    trials: int = 10,
    seeds: int = 3,
    images: int = 60_000,
    features: str | FeatureNetwork = "pixels(size=32)",
    n: int = 2000,
    processes: int = 1,
    seed: int = 0,
    out: str | Path,
    progress: Progress | None = None,
) -> GanBench:
    """Train every GAN at its defaults and with random settings, each with the same seeds and number of real images.

    Interrupted, the same call goes on; with more trials, seeds, GANs or data, it adds what is missing. Every trial has
    a run directory of its own under `out`, and computes on one thread: figures do not depend on `processes`.

    Args:
        data: sets that have a train and a test part.
        gans: names of losses, which are put on `nets`, or recipes with nets of their own; see `entries`.
        trials: settings drawn for each GAN, besides its defaults; see `setting`.
        seeds: trainings of each setting.
        images: real images shown to the discriminator in a training.
        features, n: what the figure is of: a network, and so many samples against as many test images.

    Returns: GanBench.

    Raises: InputError for what cannot be trained, before anything is.
    Cost: (trials + 1) × seeds trainings for each GAN and data set.

    Source: Lucic et al. 2018, arXiv 1711.10337. **Differs**: settings are chosen by
    one half of the test images and told by the other; the best of k is in closed form; small nets, narrower ranges.
    """
    if min(trials, seeds, processes) < 1 or not data or len(set(data)) < len(data):
        raise InputError(
            f"expected each data set once, and trials, seeds and processes >= 1, got {', '.join(data) or 'no data'}; "
            f"{trials}, {seeds} and {processes}"
        )
    budget, line_up, folder = Budget(images, str(features_unit(features)), n, seed), entries(gans, nets), Path(out)
    todo = [
        Trial(entry.name, str(setting(entry.gan, number, seed)), each, number, run)
        for number in range(trials + 1)
        for run in range(seeds)
        for each in data
        for entry in line_up
    ]
    with one_thread():
        beside = {each: sides(each, budget).beside() for each in data}
        _check(line_up, data, budget)
        spec = {"kind": "bench-gans", "nets": str(parse_as(Nets, nets)), **vars(budget)}
        open_run(folder, spec, None)
        found: dict[Trial, Record] = {}
        run = functools.partial(run_trial, budget=budget, out=folder)
        for trial, record in each_once(todo, functools.partial(known, out=folder), run, processes):
            found[trial] = record
            if progress is not None:
                told = "failed" if record["tell"] is None else f"{record['tell']:.4g}"
                progress(len(found), len(todo), f"{trial.name} on {trial.data}, setting {trial.setting}: {told}")
    rows = {each: rows_of(line_up, _of(each, found), beside[each]) for each in data}
    return GanBench(rows, beside, line_up, [found[trial] | {"name": trial.name} for trial in todo])


def _check(line_up: Sequence[Entry], data: Sequence[str], budget: Budget) -> None:
    """Refuse what cannot be trained on these data, before anything is."""
    for each in data:
        real = sides(each, budget).train
        for entry in line_up:
            if entry.gan.conditional:
                real.take([0])
            entry.gan.game(*entry.gan.build(real.shape, len(real.classes), data=real))
            if budget.images < (least := min(entry.gan.batch_size, len(real)) * max(5, entry.gan.rule.batches)):
                raise InputError(
                    f"expected images for one round of {entry.name}, at least {least}, got {budget.images}"
                )


def _of(data: str, found: Mapping[Trial, Record]) -> dict[str, list[list[Record]]]:
    """Return the records of a data set: by GAN, by setting, by seed."""
    shaped: dict[str, list[list[Record]]] = {}
    for trial in sorted(
        (trial for trial in found if trial.data == data), key=lambda trial: (trial.setting, trial.seed)
    ):
        settings = shaped.setdefault(trial.name, [])
        if len(settings) == trial.setting:
            settings.append([])
        settings[trial.setting].append(found[trial])
    return shaped
