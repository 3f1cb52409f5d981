"""The tables of `sparring bench gans`: as Markdown, and as a page with curves."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

from sparring.bench._best_of import Ends
from sparring.bench._gans import GanBench
from sparring.bench._gans_rows import GanRow
from sparring.bench._gans_space import words
from sparring.core.runs import machine, versions
from sparring.report._svg import SERIES

Cells = list[list[str]]


def gans_table(found: GanBench, *, images: int, seeds: int, command: str) -> str:
    """Return the tables as Markdown, with what was drawn, the command, the machine and the date."""
    parts: list[str] = []
    for data, rows in found.rows.items():
        parts += [_intro(found, data, images, seeds), _table(*_main(rows)), standing(rows)]
        parts += ["By the number of settings tried:", _table(*_by_k(rows))]
    parts += [DRAWN, _table(*_drawn(found)), "The setting that the choosing half chose of all that were drawn:"]
    parts += [_table(*_chosen(found)), f"`{command}` on {machine()}, {datetime.date.today().isoformat()}."]
    return "\n\n".join(parts) + "\n"


def gans_result(found: GanBench, *, spec: dict[str, Any], seconds: float, command: str) -> dict[str, Any]:
    """Return the bench as plain values: what `result.json` holds, and what its page is drawn from."""
    verdict = " ".join(f"On {data}: {standing(rows)}".replace("`", "") for data, rows in found.rows.items())
    named = [
        (f"{data}: {title}", table)
        for data, rows in found.rows.items()
        for title, table in (("what to expect", _main(rows)), ("by the number of settings", _by_k(rows)))
    ]
    named += [("What was drawn", _drawn(found)), ("What was chosen", _chosen(found))]
    tables = [
        {"title": title, "columns": _bare(head), "rows": [_bare(row) for row in cells]}
        for title, (head, cells) in named
    ]
    return {
        "kind": "bench-gans",
        "kicker": "sparring · bench of GANs",
        "title": "What to expect of a loss",
        "verdict": verdict,
        "paragraphs": [_intro(found, data, spec["images"], spec["seeds"]).replace("**", "") for data in found.rows],
        "charts_title": "The best of k settings",
        "charts": [chart for data, rows in found.rows.items() for chart in _charts(found, data, rows)],
        "tables": tables,
        "rows": {data: [dataclasses.asdict(row) for row in rows] for data, rows in found.rows.items()},
        "beside": found.beside,
        "records": found.records,
        "spec": spec | {"versions": versions()},
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds, 3),
    }


def standing(rows: Sequence[GanRow]) -> str:
    """Return who may be first, in words."""
    first = [f"`{row.name}`" for row in rows if row.place[0] == 1]
    by = f"by the best of {rows[0].ranked}"
    if len(first) == 1:
        return f"{first[0]} is ahead of the others {by}." if len(rows) > 1 else f"{first[0]} is the only one."
    return f"Not told apart {by}, and behind none: {', '.join(first)}."


DRAWN = (
    "What was drawn, the same for all where all have it; learning rates, their ratio, strengths and bounds evenly on a "
    "log scale:"
)


def _intro(found: GanBench, data: str, images: int, seeds: int) -> str:
    beside, first = found.beside[data], found.rows[data][0]
    return (
        f"**{data}**: {images:,} real images a training, {seeds} trainings a setting, {first.trials} settings drawn "
        f"for each GAN. Figures are {beside['label']} of {beside['n']} samples against as many test images, lower "
        f"being better. Real images have {beside['truth']:.3g}, noise {beside['noise']:.3g}; worse than that counts "
        "as noise. One half of the test images chooses, figures are told by the other."
    )


def _main(rows: Sequence[GanRow]) -> tuple[list[str], Cells]:
    head = ["GAN", "default", "median", "quartiles", f"**best of {rows[0].ranked}**", "interval", "place", "failed"]
    return [*head, "collapsed", "s a run"], [
        [
            f"`{row.name}`",
            _figure(row.default, row.default_interval),
            f"{row.median:.3g}", _ends(row.quartiles), f"**{row.best[row.ranked]:.3g}**",
            _ends(row.intervals[row.ranked]),
            f"{row.place[0]}" + (f" to {row.place[1]}" if row.place[1] > row.place[0] else ""),
            f"{row.failed} of {row.runs}", f"{row.collapsed} of {row.runs}", f"{row.seconds:.2g}",
        ]
        for row in rows
    ]  # fmt: skip


def _by_k(rows: Sequence[GanRow]) -> tuple[list[str], Cells]:
    return ["GAN", *(f"best of {k}" for k in rows[0].best)], [
        [f"`{row.name}`", *(_figure(value, row.intervals[k]) for k, value in row.best.items())] for row in rows
    ]


def _drawn(found: GanBench) -> tuple[list[str], Cells]:
    return ["GAN", "at its defaults", "drawn"], [
        [f"`{entry.name}`", f"`{entry.gan}`", words(entry.gan)] for entry in found.entries
    ]


def _chosen(found: GanBench) -> tuple[list[str], Cells]:
    return ["GAN", "data", "setting"], [
        [f"`{row.name}`", data, f"`{row.chosen}`"] for data, rows in found.rows.items() for row in rows
    ]


def _charts(found: GanBench, data: str, rows: Sequence[GanRow]) -> list[dict[str, Any]]:
    """Return curves of the best of k beside the truth, the best GANs first, as many to a chart as styles differ."""
    ends = min(rows[0].best), max(rows[0].best)
    truth = {"name": "real images", "points": [[k, found.beside[data]["truth"]] for k in ends]}
    charts = []
    for first in range(0, len(rows), SERIES - 1):
        part = rows[first : first + SERIES - 1]
        lines = [{"name": row.name, "points": [[k, value] for k, value in row.best.items()]} for row in part]
        charts.append({
            "title": f"The best of k settings on {data}: {part[0].name} to {part[-1].name}", "lines": [*lines, truth],
            "x_title": "settings tried", "y_title": found.beside[data]["label"],
            "caption": "Expected figure of the setting that is chosen of so many; intervals stand in the table.",
        })  # fmt: skip
    return charts


def _table(head: Sequence[str], rows: Cells) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def _figure(value: float, ends: Ends | None) -> str:
    return f"{value:.3g}" + (f" ({_ends(ends)})" if ends else "")


def _bare(cells: Sequence[str]) -> list[str]:
    """Return cells without the marks of Markdown."""
    return [cell.replace("`", "").replace("**", "") for cell in cells]


def _ends(ends: Ends | None) -> str:
    return "–" if ends is None else f"{ends[0]:.3g} to {ends[1]:.3g}"
