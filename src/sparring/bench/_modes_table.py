"""The tables of `sparring bench modes`: ours beside the papers', the truth and the floor in each."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from sparring.bench._modes import ModesBench
from sparring.bench._modes_lineup import TRUTH, Row
from sparring.bench._modes_picture import pictured
from sparring.bench._modes_trial import mean_and_error
from sparring.bench._modes_under import published_under, told_of
from sparring.core.runs import machine, versions
from sparring.modes import Problem, kl_floor
from sparring.registry import parse_as

Record = dict[str, Any]
Cells = list[list[str]]
NONE = "–"
HEAD = [
    "method", "modes", "high quality", "reverse KL", "covered", "spread", "modes by repeats", "samples by repeats",
    "seconds", "published: modes / high quality / KL",
]  # fmt: skip


def modes_table(found: ModesBench, *, command: str) -> str:
    """Return the tables as Markdown, with what they say, the command, the machine and the date."""
    parts: list[str] = []
    for problem, records in found.records.items():
        parts += [f"### {problem}", intro(problem, found), _table(HEAD, rows(problem, records))]
        failed = [f"`{record['name']}`: {record['failed']}" for record in records if record["failed"]]
        parts += ["Ended early: " + "; ".join(failed)] if failed else []
    texts = {record["name"]: record["method"] for records in found.records.values() for record in records}
    parts += ["What each method is:", _table(["method", "is"], [
        [f"`{name}`", f"`{text}`"] for name, text in texts.items() if name != TRUTH
    ])]  # fmt: skip
    parts += [f"`{command}` on {machine()}, {datetime.date.today().isoformat()}.", ""]
    return "\n\n".join(parts)


def intro(problem: str, found: ModesBench) -> str:
    """Return what the figures of a problem are of, and what the best possible ones are."""
    record = next(record for record in found.records[problem] if record["name"] == TRUTH)
    truth = record["figures"]
    n, modes = truth[0]["n"], parse_as(Problem, problem).modes
    over = f"means over {found.seeds} seeds with their standard error" if found.seeds > 1 else "one seed"
    words = f"{modes:,} modes, {n:,} samples, {over}"
    if found.protocol is None:
        words += f"; GANs were shown {found.images:,} real samples each."
    else:
        words += f". {told_of(found.protocol, problem, found.images)}"
    words += f" The floor of the reverse KL, what a perfect sampler has at {n:,} samples, is {kl_floor(modes, n):.4f}."
    if record["named"] < 1:
        words += f" Of real samples {100 * record['named']:.1f} % are placed in the mode that they are of."
    if truth[0]["published"] is not None:
        words += (
            f" By the papers' rule of high quality, {100 * truth[0]['published']:.1f} % of real samples pass; the "
            "table has the corrected one, and the papers' in brackets."
        )
    return words


def rows(problem: str, records: Sequence[Record]) -> Cells:
    """Return the rows of a problem, one a method."""
    truth = next(record for record in records if record["name"] == TRUTH)["figures"]
    return [_row(problem, record, truth) for record in records]


def _row(problem: str, record: Record, truth: Sequence[Record]) -> list[str]:
    figures = record["figures"]
    if not figures:
        return [f"`{record['name']}`", *[NONE] * (len(HEAD) - 3), f"{record['seconds']:.0f}", _papers(problem, record)]
    quality = _mean([100 * each["quality"] for each in figures], ".1f", " %")
    if figures[0]["published"] is not None:
        quality += f" ({100 * mean_and_error([each['published'] for each in figures])[0]:.1f} %)"
    return [
        f"`{record['name']}`", _mean([each["captured"] for each in figures], ".1f"), quality,
        _mean([each["kl"] for each in figures], ".4f"), _mean([100 * each["covered"] for each in figures], ".1f", " %"),
        _spread(figures, truth), _mean([each["support"] for each in figures], ".3g", error=False),
        _mean([each["support_near"] for each in figures], ".3g", error=False),
        f"{record['seconds']:.0f}", _papers(problem, record),
    ]  # fmt: skip


def _spread(figures: Sequence[Record], truth: Sequence[Record]) -> str:
    """Return the spread of high-quality samples as a multiple of the truth's."""
    if truth[0]["spread"] is None or any(each["spread"] is None for each in figures):
        return NONE
    real = mean_and_error([each["spread"] for each in truth])[0]
    return _mean([each["spread"] / real for each in figures], ".2f", error=False)


def _mean(values: Sequence[float | None], form: str, unit: str = "", *, error: bool = True) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "no repeat"
    mean, spread = mean_and_error(known)
    return f"{mean:{form}}" + (f" ± {spread:{form}}" if error and spread is not None else "") + unit


def _papers(problem: str, record: Record) -> str:
    told = record.get("protocol")
    found = published_under(told["name"] if told else None, problem, record["name"])
    return "; ".join(f"{_told(row)} ({paper})" for paper, row in found.items()) or NONE


def _told(row: Row) -> str:
    modes, quality, kl = row
    return " / ".join([
        NONE if modes is None else f"{modes:g}", NONE if quality is None else f"{quality:g} %",
        NONE if kl is None else f"{kl:g}",
    ])  # fmt: skip


def modes_result(found: ModesBench, *, command: str, seconds: float) -> Record:
    """Return what `result.json` holds, from which the page is drawn."""
    return {
        "kind": "bench-modes", "command": command, "seconds": round(seconds, 3), "seeds": found.seeds,
        "images": found.images, "protocol": found.protocol, "versions": versions(), "machine": machine(),
        "problems": [
            {
                "name": problem, "modes": parse_as(Problem, problem).modes, "intro": intro(problem, found),
                "floor": kl_floor(parse_as(Problem, problem).modes, _judged(records)),
                "columns": HEAD, "rows": [[cell.replace("`", "") for cell in row] for row in rows(problem, records)],
                "records": list(records), "pictured": pictured(parse_as(Problem, problem)),
            }
            for problem, records in found.records.items()
        ],
    }  # fmt: skip


def _judged(records: Sequence[Record]) -> int:
    n: int = records[-1]["figures"][0]["n"]  # the truth's, which is last
    return n


def _table(head: Sequence[str], cells: Cells) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in (head, *cells)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])
