"""Every defense trained alike and judged alike: what it claims, what a careless look says, what the audit says."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.core.runs import machine
from sparring.data import load_data
from sparring.defenses import Defense
from sparring.errors import InputError
from sparring.harden import Recipe, harden
from sparring.models import Trainable
from sparring.registry import parse_as, units
from sparring.threats import Threat

Progress = Callable[[str, str], None]
"""Called with the defense and, once it is judged, its figures in words."""


@dataclass(frozen=True)
class DefenseRow:
    """One defense: shares of the same n test samples, and what the training took.

    `clean`, `one_step`, `pgd` (20 steps) and `audited` with its `interval` and `verdict`; `passes` forward plus
    backward, one image each; `seconds` of training with all that it needs before; `claimed` and `broken` in words.
    """

    defense: str
    clean: float
    one_step: float
    pgd: float
    audited: float
    interval: tuple[float, float]
    verdict: str
    n: int
    passes: int
    seconds: float
    claimed: str
    broken: str


def every_defense() -> list[Defense]:
    """Return all defenses at their defaults, the undefended baseline first."""
    found = [parse_as(Defense, name) for name in units("defense")]
    return sorted(found, key=lambda each: (each.name() != "standard", each.name()))


def bench_defenses(
    data: str,
    threat: str | Threat,
    *,
    defenses: Sequence[str | Defense] = (),
    net: str | Trainable = "resnet(width=8)",
    recipe: Recipe | None = None,
    n: int = 500,
    seed: int = 0,
    out: str | Path,
    progress: Progress | None = None,
) -> list[DefenseRow]:
    """Harden one architecture by every defense, with the same epochs, and audit each.

    Interrupted, the same call goes on: each defense has a run directory of its own under `out`.

    Raises: InputError for data without a test part.
    Cost: those of `harden` with one audit, for each defense.
    """
    if ":" in data:
        raise InputError(f"expected a data set that has a train and a test part, got {data!r}: name it without a part")
    train, test, limit = load_data(f"{data}:train"), load_data(f"{data}:test"), parse_as(Threat, threat)
    unit, rows = parse_as(Trainable, net), []
    for method in [parse_as(Defense, each) for each in defenses] or every_defense():
        if progress is not None:
            progress(str(method), "")
        found = harden(
            unit, train, limit, method, recipe=recipe, test=test, n=n, before=False, seed=seed,
            out=Path(out) / _slug(str(method)),
        ).result  # fmt: skip
        rows.append(_row(str(method), found))
        if progress is not None:
            progress(str(method), f"{rows[-1].clean:.1%} right, {rows[-1].audited:.1%} stand")
    return rows


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text).strip("-")


def _row(text: str, found: dict[str, Any]) -> DefenseRow:
    after, careless = found["after"], found["careless"]
    return DefenseRow(
        text, after["clean_accuracy"], careless.get("fgsm", float("nan")), careless["pgd(steps=20)"],
        after["robust_accuracy"], tuple(after["interval"]), str(after["verdict"]["verdict"]), after["n"],
        found["passes"], found["seconds"], found["claimed"], found["broken"],
    )  # fmt: skip


def defenses_table(
    rows: Sequence[DefenseRow], *, data: str, threat: str, net: str, recipe: Recipe, command: str
) -> str:
    """Return the table as Markdown, with the command, the machine and the date."""
    lines = [
        f"{net} on {data}, {threat}, {recipe.epochs:g} epochs each, {rows[0].n} test samples. One step: FGSM. PGD: 20 "
        "steps on cross-entropy. Both are what a careless evaluation prints; the audit is `sparring audit`, protocol "
        "fast, with its 95 % interval. Passes: forward plus backward, one image each, in training.",
        "",
        "| defense | clean | one step | PGD-20 | **audit** | interval | verdict | passes | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row.defense}` | {row.clean:.1%} | {row.one_step:.1%} | {row.pgd:.1%} | **{row.audited:.1%}** "
        f"| {row.interval[0]:.1%} to {row.interval[1]:.1%} | {row.verdict} | {row.passes / 1e6:.2g} M "
        f"| {row.seconds:.0f} |"
        for row in rows
    ]
    lines += ["", "| defense | what was claimed | what became of it |", "|---|---|---|"]
    lines += [f"| `{row.defense}` | {row.claimed or '–'} | {row.broken or '–'} |" for row in rows]
    lines += ["", f"`{command}` on {machine()}, {datetime.date.today().isoformat()}.", ""]
    return "\n".join(lines)
