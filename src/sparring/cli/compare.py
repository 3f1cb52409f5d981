"""`sparring compare RUN RUN`: whether one audited model is really better than another."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from sparring.audit._compare import Comparison, Paired
from sparring.audit._compare import compare as compare_runs
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.core.runs import new_run_dir, write_json
from sparring.report import compare_page, write_report


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="The run directory of an audit.")],
    second: Annotated[Path, typer.Argument(help="That of another, on the same data with the same seed.")],
    out: opt.Out = None,
) -> int:
    """Compare two audits sample by sample: the difference with its interval, and which samples changed."""
    found = compare_runs(first, second)
    _print(found)
    folder = out if out is not None else new_run_dir("compare", f"{first.name}-{second.name}")
    result = found.record() | {"command": opt.command_line(), "date": datetime.date.today().isoformat()}
    write_json(folder / "compare.json", result)
    print(f"report: {write_report(folder / 'report.html', compare_page(result))}")
    return 0


def _print(found: Comparison) -> None:
    for name, run, model in zip(("first ", "second"), found.spec["runs"], found.spec["model"], strict=True):
        print(f"{name}  {run}  {model}")
    left = f" ({found.left_out[0]} and {found.left_out[1]} in one run only, left out)" if any(found.left_out) else ""
    print(f"{found.n} samples of {found.spec['data']} in both{left}")
    for warning in found.warnings:
        print(f"warning: {warning}")
    print(f"{'':<16} {'first':>7} {'second':>7} {'both':>6} {'first only':>11} {'second only':>12} {'neither':>8}")
    _row("clean accuracy", found.clean)
    _row("robust accuracy", found.robust)
    robust = found.robust
    low, high = robust.interval
    print(
        f"robust accuracy, second less first: {robust.difference:+.4f}  (95 % interval {low:+.4f} to {high:+.4f}), "
        f"McNemar's p = {robust.p_value:.2g}"
    )
    print(f"{len(found.changed)} samples stand in one run only")


def _row(name: str, paired: Paired) -> None:
    print(
        f"{name:<16} {paired.first:>7.4f} {paired.second:>7.4f} {paired.both:>6} {paired.only_first:>11} "
        f"{paired.only_second:>12} {paired.neither:>8}"
    )
