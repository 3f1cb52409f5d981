"""`sparring bench`: tables of what attacks reach and cost."""

from __future__ import annotations

import dataclasses
import math
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.bench import Row
from sparring.bench import attacks as run_bench
from sparring.bench._attacks import absent_peers
from sparring.bench._speed import PROBLEM, Speed, speed
from sparring.bench._table import markdown, plain_table, speed_lines
from sparring.bench.peers import INSTALL
from sparring.bench.problems import PROBLEMS
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.cli._scorecard import Request, run_scorecard
from sparring.core.runs import machine, new_run_dir, versions, write_atomic, write_json
from sparring.errors import InputError

bench = typer.Typer(help="Compare attacks on fixed problems.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(bench, name="bench")


@bench.callback()
def _group() -> None:
    """Compare attacks on fixed problems."""


@bench.command()
def attacks(
    attack: Annotated[list[str] | None, typer.Option("--attack", help="Such as 'pgd(steps=100)'; all without.")] = None,
    problem: Annotated[
        list[str] | None, typer.Option("--problem", help=f"{', '.join(each.name for each in PROBLEMS)}; all without.")
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="Samples, all of which the net gets right; 250, or 50 with --budget."),
    ] = None,
    seed: opt.Seed = 0,
    page: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file too.")] = None,
    out: opt.Out = None,
    quick: Annotated[bool, typer.Option("--quick", help="50 samples of the smallest problem, in seconds.")] = False,
    peers: Annotated[bool, typer.Option("--peers/--no-peers", help="Run the peers that are installed, too.")] = True,
    budget: Annotated[
        int | None,
        typer.Option("--budget", help="Rank attacks by optimality, each with so many passes a sample, such as 2000."),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="With --budget: a model of yours, with --data.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="With --budget: the data for --model.")] = None,
    update: Annotated[
        bool, typer.Option("--update-envelope", help="With --budget: store the nearest images' distances, if nearer.")
    ] = False,
    quiet: opt.Quiet = False,
) -> int:
    """Run every attack on fixed problems, beside the peers that are installed and the bare PyTorch loop."""
    if budget is not None:
        asked = (tuple(attack or ()), tuple(problem or ()), model, data, 50 if n is None else n, seed, peers, update)
        return run_scorecard(Request(budget, *asked, out, quiet))
    if model is not None or data is not None or update:
        raise InputError("expected --budget with --model, --data and --update-envelope, got none: try --budget 2000")
    n = 250 if n is None else n
    absent = absent_peers() if peers else []
    with ExitStack() as stack:
        bars: list[Bar] = []

        def progress(done: int, total: int, row: Row) -> None:
            if not bars:  # how many rows there are is known once the problems are made
                bars.append(stack.enter_context(Bar("bench", total, quiet=quiet)))
            bars[0].advance(1, f"{row.problem} {row.threat} {row.attack} by {row.by}")

        rows = run_bench(
            attack or (), problems=problem or (), n=n, seed=seed, peers=peers, quick=quick, progress=progress
        )
    timed = None
    if not quick and any(row.problem == PROBLEM and row.attack.startswith("pgd") for row in rows):
        timed = speed(seed=seed)
    folder = out if out is not None else new_run_dir("bench", "attacks")
    write_json(folder / "result.json", _record(rows, timed, absent))
    print(plain_table(rows))
    if timed is not None:
        print("\n" + "\n".join(speed_lines(timed)))
    for library in absent:
        print(f"{library} is not installed, its rows are left out: {INSTALL[library]}", file=sys.stderr)
    if page is not None:
        write_atomic(page, markdown(rows, timed, absent, opt.command_line()))
        print(f"table: {page}")
    print(f"result: {folder / 'result.json'}")
    return 0


def _record(rows: list[Row], timed: Speed | None, absent: list[str]) -> dict[str, Any]:
    return {
        "command": opt.command_line(),
        "machine": machine(),
        "versions": versions(),
        "absent": absent,
        "rows": [{key: _plain(value) for key, value in dataclasses.asdict(row).items()} for row in rows],
        "speed": None if timed is None else dataclasses.asdict(timed),
    }


def _plain(value: Any) -> Any:
    """Write infinity as the word: JSON has no number for it."""
    return "inf" if isinstance(value, float) and math.isinf(value) else value
