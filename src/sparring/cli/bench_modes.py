"""`sparring bench modes`: which modes of known data the samples of every method reach."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from sparring.bench._modes import bench_modes
from sparring.bench._modes_lineup import GANS
from sparring.bench._modes_picture import pictures
from sparring.bench._modes_protocols import PROTOCOLS
from sparring.bench._modes_table import modes_result, modes_table
from sparring.bench._modes_under import methods_of, problems_of
from sparring.cli import _options as opt
from sparring.cli._bar import Bar
from sparring.cli._finish import finish
from sparring.cli.bench import bench
from sparring.cli.train import count
from sparring.core.memory import keep_memory
from sparring.core.runs import new_run_dir
from sparring.errors import InputError
from sparring.report import modes_page


@bench.command()
def modes(
    problem: Annotated[
        list[str] | None, typer.Option("--problem", help="Can be repeated.  [default: ring and grid]")
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help=f"{', '.join(GANS)}, a recipe, a gan(...), an estimator such as vae, or NAME=TEXT; can be repeated.  "
            "[default: those named and all estimators; under a protocol, its own]",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            help=f"{', '.join(PROTOCOLS)}: the nets, rates, batches, data, methods and published figures of a paper.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="Trainings of each; of small nets, all as one.")] = 5,
    images: Annotated[
        str,
        typer.Option(
            "--images", help="Real samples shown in a training of a GAN; of a protocol's budget, no more than all."
        ),
    ] = "1M",
    processes: Annotated[
        int, typer.Option("--processes", help="Methods, or seeds of a GAN of pictures, at a time, on one core each.")
    ] = 1,
    page: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file too.")] = None,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Train every answer to mode collapse on data whose modes are known: modes reached, beside the truth and papers.

    Killed at any moment, the same command with the same --out goes on; more methods or problems add to what is there.
    """
    places = problem or problems_of(protocol)
    chosen, shown = method or methods_of(protocol), count(images)
    title = "-".join(["modes", *([protocol] if protocol else []), *places])
    folder = out if out is not None else new_run_dir("bench", title)
    keep_memory()
    started = time.monotonic()
    try:
        with Bar("trainings", (len(chosen) + 1) * len(places), quiet=quiet) as bar:
            found = bench_modes(
                places, methods=chosen, protocol=protocol, seeds=seeds, images=shown, processes=processes, out=folder,
                progress=lambda done, total, words: bar.advance(1, words, total),
            )  # fmt: skip
    except InputError:
        if out is None and not any(folder.iterdir()):
            folder.rmdir()
        raise
    command = opt.command_line()
    table = modes_table(found, command=command)
    result = modes_result(found, command=command, seconds=time.monotonic() - started)
    return finish(folder, result, table, modes_page(result, pictures(found.records, folder)), page)
