"""`sparring ivom`: how near generators come to held-out images, beside the nearest other real image and the mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import machine, new_run_dir, read_json, versions, write_json
from sparring.data import Dataset, write_png
from sparring.errors import InputError
from sparring.gan import Generator
from sparring.latent import Ivom, Likeness, sheet
from sparring.latent import ivom as run_ivom
from sparring.latent._inputs import images_for, trained_on
from sparring.metrics import Figure
from sparring.train import load_generator

SHOWN, REAL = 12, 50_000
"""Images on the sheet, and real images that the nearest is looked for among, at most."""


@app.command()
def ivom(
    runs: Annotated[list[Path], typer.Argument(help="Directories of trainings.", metavar="RUN...")],
    against: Annotated[str, typer.Option("--against", help="Held-out images: a data set, FOLDER, FILE.npz.")],
    n: Annotated[int, typer.Option("--n", help="How many of them, at most, drawn by the seed.")] = 100,
    train: Annotated[
        str | None, typer.Option("--train", help="Real images for the truth; by default what was trained on.")
    ] = None,
    tries: Annotated[int, typer.Option("--tries", help="Random codes to begin with.")] = 1000,
    starts: Annotated[int, typer.Option("--starts", help="The best of them that descend.")] = 4,
    steps: Annotated[int, typer.Option("--steps", help="Steps of each.")] = 300,
    lr: Annotated[float, typer.Option("--lr", help="How long the first steps are.")] = 0.05,
    own: Annotated[int, typer.Option("--own", help="Samples of each generator's own that are sought as well.")] = 32,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Seek the nearest that generators can make of held-out images: IvOM, a mean squared error with its interval.

    Beside it the nearest other real image (truth), the mean one, and what the search leaves of samples of its own.
    """
    generators = _load(runs)
    first = next(iter(generators.values()))
    held, real = images_for(first, against, n, seed), _real(runs, train, first)
    folder, fresh = (out, False) if out is not None else (new_run_dir("ivom", runs[0].name), True)
    try:
        with Bar("ivom", len(generators) * (len(held) + max(0, own)), quiet=quiet) as bar:
            done = 0

            def progress(reached: int, _: int) -> None:
                nonlocal done
                bar.advance(reached - done)
                done = reached

            images = held.images()
            found = run_ivom(
                generators, images, real.images(real.subset(REAL, seed)), tries=tries, starts=starts, steps=steps,
                lr=lr, own=own, seed=seed, progress=progress,
            )  # fmt: skip
    except InputError:
        if fresh:
            folder.rmdir()
        raise
    spec = {
        "kind": "ivom", "runs": [str(run) for run in runs], "data": held.name, "data_checksum": held.checksum, "n": n,
        "real": real.name, "real_checksum": real.checksum, "tries": tries, "starts": starts, "steps": steps, "lr": lr,
        "own": own, "seed": seed,
    }  # fmt: skip
    write_json(folder / "spec.json", spec | {"versions": versions(), "command": opt.command_line()})
    write_json(folder / "result.json", _result(found) | {"spec": spec, "machine": machine()})
    print(f"{len(held)} images of {held.name}, {steps} steps from {starts} of {tries} codes, seed {seed}")
    _print(found, real.name)
    if images.ndim == 4:
        shown = [row for row in found.rows if row.name != "mean"]
        write_png(folder / "nearest.png", sheet([list(each[:SHOWN]) for each in (images, *(r.images for r in shown))]))
        print(f"rows of nearest.png: the image, {', '.join(row.name for row in shown)}")
    print(f"figures and pictures: {folder}")
    return 0


def _load(runs: list[Path]) -> dict[str, Generator]:
    """Return generators of one shape by the names of their directories, or whole paths where two are named alike."""
    names = [run.name for run in runs]
    names = [str(run) if names.count(run.name) > 1 or not run.name else run.name for run in runs]
    found = {name: load_generator(run) for name, run in zip(names, runs, strict=True)}
    if len(found) < len(runs):
        raise InputError(f"expected different runs, got {', '.join(names)}")
    shapes = {name: generator.shape for name, generator in found.items()}
    if len(set(shapes.values())) > 1:
        raise InputError(f"expected generators of one shape, got {', '.join(f'{n} {s}' for n, s in shapes.items())}")
    return found


def _real(runs: list[Path], train: str | None, generator: Generator) -> Dataset:
    """Return the real images that the truth is looked for among."""
    if train is not None:
        return images_for(generator, train)
    if len({read_json(run / "spec.json")["data_checksum"] for run in runs}) > 1:
        raise InputError(
            "expected runs that were trained on the same data, got others: say with --train what to compare with"
        )
    data = trained_on(runs[0])
    if data is None or data.shape != generator.shape:
        raise InputError(
            f"expected the data that {runs[0]} was trained on, got none that are the same: give --train DATA"
        )
    return data


def _result(found: Ivom) -> dict[str, Any]:
    rows = [
        {
            "name": row.name,
            "figures": [each.to_json() for each in (row.figure, row.over, row.own) if each is not None],
            "length": row.length,
            "errors": row.error.tolist(),
        }
        for row in found.rows
    ]
    return {"kind": "ivom", "rows": rows, "real": found.real, "seen": found.seen}


def _print(found: Ivom, real: str) -> None:
    width = max(len(row.name) for row in found.rows)
    ends = "95 % interval"
    print(f"{'':{width}} {'error':>8} {ends:>18} {'less truth':>11} {ends:>20} {'own':>8} {'length':>7}")
    for row in found.rows:
        print(f"{row.name:{width}} {_cells(row)}".rstrip())
    print(f"truth: the nearest other of {found.real:,} images of {real}; mean: the mean of these")
    print("own: the error that the search leaves of a generator's own samples; length: of codes, random ones have 1")
    if found.seen:
        print(f"note: {found.seen} of the images are among these: not held out")


def _cells(row: Likeness) -> str:
    cells = [f"{row.figure.value:>8.4f} {_ends(row.figure):>18}"]
    if row.name != "truth":
        cells.append(f"{row.over.value:>+11.4f} {_ends(row.over, '+'):>20}")
    if row.length is not None:
        cells.append(f"{'' if row.own is None else f'{row.own.value:.4f}':>8} {row.length:>7.2f}")
    return " ".join(cells)


def _ends(figure: Figure, sign: str = "") -> str:
    return "" if figure.interval is None else " to ".join(f"{end:{sign}.4f}" for end in figure.interval)
