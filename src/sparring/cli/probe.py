"""`sparring probe`: what a discriminator has learned without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import new_run_dir
from sparring.errors import InputError
from sparring.probe import probe as run_probe


@app.command()
def probe(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    data: Annotated[str, typer.Option("--data", help="Labelled images to learn from.")],
    test: Annotated[str, typer.Option("--test", help="Labelled images to be right about.")],
    n: Annotated[int, typer.Option("--n", help="Images to learn from, at most.")] = 5000,
    n_test: Annotated[int, typer.Option("--n-test", help="Images to test on, at most.")] = 10_000,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Teach a linear classifier on the discriminator's features, on those before its training, and on pixels."""
    folder, fresh = (out, False) if out is not None else (new_run_dir("probe", run.name), True)
    try:
        with Bar("probe", 3, quiet=quiet) as bar:
            begun: list[str] = []

            def progress(name: str) -> None:
                bar.advance(min(1, len(begun)), name)
                begun.append(name)

            found = run_probe(
                run, data, test, n=n, n_test=n_test, seed=seed, out=folder, command=opt.command_line(),
                progress=progress,
            )  # fmt: skip
            bar.advance(1)
    except InputError:
        if fresh:
            folder.rmdir()
        raise
    spec = found.result["spec"]
    print(
        f"learned from {spec['n']} images of {spec['data']}, tested on {spec['n_test']} of {spec['test']}, seed {seed}"
    )
    print(f"{'features':<14} {'how many':>9} {'right':>7}  95 % interval")
    for row in found.rows:
        low, high = row.interval
        print(f"{row.name:<14} {row.width:>9,} {row.accuracy:>7.1%}  {low:.1%} to {high:.1%}")
    print(f"result: {folder / 'result.json'}")
    return 0
