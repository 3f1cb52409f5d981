"""What the trials of a GAN amount to: figures with intervals, and its place among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparring.bench._best_of import Ends, best_interval, expected_best, left_out, mean_interval, places
from sparring.bench._gans_space import Entry

KS = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class GanRow:
    """One GAN on one data set; figures are means over seeds, told by images that chose nothing.

    Fields:
        name: as in `entries`.
        default, default_interval: at its defaults, with Student's interval over seeds; None for a single seed.
        median, quartiles: over the settings that were drawn.
        best, intervals: the expected best of k settings, by k; no interval at all of them.
        place: the first and the last that it may have, by the best of `ranked` settings.
        trials, runs: settings, and trainings of these.
        failed, collapsed: of the trainings: no better than noise in the end, or not finite; with an alarm of collapse.
        seconds: a training, at the mean.
        chosen: the setting that was best by the half that chooses.
    """

    name: str
    default: float
    default_interval: Ends | None
    median: float
    quartiles: Ends
    best: dict[int, float]
    intervals: dict[int, Ends | None]
    place: tuple[int, int]
    ranked: int
    trials: int
    runs: int
    failed: int
    collapsed: int
    seconds: float
    chosen: str


def steps(trials: int) -> list[int]:
    """Return the numbers of settings that the best is told of.

    >>> steps(10), steps(6)
    ([1, 2, 5, 10], [1, 2, 3, 5, 6])
    """
    return sorted({*(k for k in KS if k <= trials), ranked_by(trials), trials})


def ranked_by(trials: int) -> int:
    """Return the number of settings by whose best GANs are ordered: half of all, beyond which spread tells little.

    >>> ranked_by(10), ranked_by(1)
    (5, 1)
    """
    return max(1, trials // 2)


def rows_of(
    entries: Sequence[Entry], found: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]], beside: Mapping[str, Any]
) -> list[GanRow]:  # fmt: skip
    """Return a row for each GAN, the best first, from its records by setting (0 is the default) and by seed.

    A training that failed, or whose figure is worse than that of noise, counts as noise: nothing is left out.
    """
    made: list[dict[str, Any]] = []
    logs = []
    for entry in entries:
        settings = found[entry.name]
        told = np.array([[_worth(run["tell"], beside["noise"]) for run in runs] for runs in settings])
        choose = np.array([[_worth(run["choose"], beside["noise_choose"]) for run in runs] for runs in settings])
        values, by, runs = told[1:].mean(1), choose[1:].mean(1), [run for runs in settings[1:] for run in runs]
        ks, half = steps(len(values)), ranked_by(len(values))
        logs.append(left_out(values, half, by) if half < len(values) else values[:1])
        low, median, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        made.append({
            "name": entry.name, "default": float(told[0].mean()), "default_interval": mean_interval(told[0].tolist()),
            "median": median, "quartiles": (low, high),
            "best": {k: float(expected_best(values, k, by)) for k in ks},
            "intervals": {k: best_interval(values, k, by) for k in ks},
            "ranked": half, "trials": len(values), "runs": len(runs),
            "failed": int((told[1:] >= beside["noise"]).sum()),
            "collapsed": sum("collapse" in run["alarms"] for run in runs),
            "seconds": float(np.mean([run["seconds"] for run in runs])),
            "chosen": settings[1 + int(np.argmin(by))][0]["gan"],
        })  # fmt: skip
    order = places([row["best"][row["ranked"]] for row in made], logs)
    rows = [GanRow(**parts, place=place) for parts, place in zip(made, order, strict=True)]
    return sorted(rows, key=lambda row: row.best[row.ranked])


def _worth(figure: float | None, noise: float) -> float:
    return noise if figure is None else min(figure, noise)
