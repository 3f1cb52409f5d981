"""`sparring evaluate`: figures of samples with intervals, beside those of real images, of copies and of noise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import new_run_dir
from sparring.errors import InputError
from sparring.evaluate import DEFAULT, Evaluation, Table
from sparring.evaluate import evaluate as run_evaluate
from sparring.metrics import Figure
from sparring.report import evaluate_page, write_report


@app.command()
def evaluate(
    samples: Annotated[
        str, typer.Argument(help="A training's run directory, FOLDER of pictures, FILE.npz or FILE.npy.")
    ],
    against: Annotated[
        str, typer.Option("--against", help="The real data, best held out: a data set, FOLDER, FILE.npz.")
    ],
    features: Annotated[
        list[str] | None,
        typer.Option("--features", help="efficientnet-lite0, classifier, inception-tf, dinov2, pixels, or any model."),
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", "--metric", help="Which figures; all but fid_infinity by default.")
    ] = None,
    n: Annotated[int, typer.Option("--n", "--samples", help="Samples, and real images, at most.")] = 10_000,
    train: Annotated[
        str | None, typer.Option("--train", help="What the generator was trained on, to look for copies of.")
    ] = None,
    half: Annotated[
        Literal["report", "select"],
        typer.Option("--half", help="Half of the data: report on one, choose by the other."),
    ] = "report",
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep what networks saw of real images in ~/.cache/sparring.")
    ] = True,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    batch_size: opt.Batch = None,
    quiet: opt.Quiet = False,
) -> int:
    """Judge samples of a generator against real images.

    Every table has four rows: the samples, real images against real ones, a copier of the training data, and noise.
    """
    folder, fresh = (out, False) if out is not None else (new_run_dir("evaluate", Path(samples).name), True)
    try:
        with Bar("look", 100 * len(features or ("",)), quiet=quiet) as bar:
            at: tuple[str, int] = ("", 0)

            def progress(name: str, done: int, total: int) -> None:
                nonlocal at
                before = at[1] if name == at[0] else 0
                at = name, round(100 * done / total)
                bar.advance(at[1] - before, f"{done} of {total} images by {name}")

            found = run_evaluate(
                samples, against, features=features or ("efficientnet-lite0",), metrics=metrics or DEFAULT, train=train,
                n=n, half=half, seed=seed, size=size, channels=channels, batch_size=batch_size,
                cache=_cache() if cache else None, out=folder, command=opt.command_line(), progress=progress,
            )  # fmt: skip
    except InputError:
        if fresh and not any(folder.iterdir()):
            folder.rmdir()
        raise
    _print(found)
    print(f"report: {write_report(folder / 'report.html', evaluate_page(found.result, found.samples, found.pairs))}")
    return 0


def _cache() -> Path:
    """Return where features are kept: $SPARRING_CACHE, or ~/.cache/sparring."""
    return Path(os.environ.get("SPARRING_CACHE") or Path.home() / ".cache" / "sparring") / "features"


def _print(found: Evaluation) -> None:
    result, spec = found.result, found.result["spec"]
    print(
        f"{spec['samples']} against the {spec['half']} half of {spec['data']}: {result['n']} images a row, "
        f"{result['reference']} to compare with, seed {result['seed']}"
    )
    for table in found.tables:
        _print_table(table)
    for note in result["notes"]:
        print(f"note: {note}")


def _print_table(table: Table) -> None:
    labels = [figure.label for figure in table["samples"].figures]
    width = max(map(len, labels))
    print(f"\n{'':{width}}  {'samples':>10} {'95 % interval':>22} {'truth':>10} {'memorizer':>10} {'noise':>10}")
    for place, label in enumerate(labels):
        own = table["samples"].figures[place]
        ends = "" if own.interval is None else f"{_number(own, own.interval[0])} to {_number(own, own.interval[1])}"
        others = " ".join(f"{_number(row.figures[place]):>10}" for row in table.rows if row.name != "samples")
        print(f"{label:{width}}  {_number(own):>10} {ends:>22} {others}")


def _number(figure: Figure, value: float | None = None) -> str:
    """Return a value as its figure is read: shares to three places, others to four digits."""
    value = figure.value if value is None else value
    return f"{value:.3f}" if figure.unit == "share" else f"{value:.4g}"
