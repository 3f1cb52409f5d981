"""`sparring bench gans`: what to expect of every loss, over settings and seeds, under one budget."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from sparring.bench._gans import bench_gans
from sparring.bench._gans_space import LOSSES, NETS, entries
from sparring.bench._gans_table import gans_result, gans_table
from sparring.cli import _options as opt
from sparring.cli._bar import Bar
from sparring.cli._finish import finish
from sparring.cli.bench import bench
from sparring.cli.train import count
from sparring.core.memory import keep_memory
from sparring.core.runs import new_run_dir
from sparring.errors import InputError
from sparring.report import explain_page

QUICK = {"gans": ["non_saturating", "wgan_gp", "hinge"], "nets": "dcgan(width=8, norm=False)", "images": "4k"}


@bench.command()
def gans(
    gan: Annotated[
        list[str] | None,
        typer.Option("--gan", help=f"{', '.join(LOSSES)} on --nets, or a recipe; all of these and baseline without."),
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option("--data", help="With a train and a test part.  [default: digits]")
    ] = None,
    nets: Annotated[str | None, typer.Option("--nets", help=f"The same for every loss.  [default: {NETS}]")] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", help="Settings drawn for each, besides its own.  [default: 10]")
    ] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", help="Trainings of each setting.  [default: 3]")] = None,
    images: Annotated[
        str | None, typer.Option("--images", help="Real images shown in each training.  [default: 60k]")
    ] = None,
    features: Annotated[str, typer.Option("--features", help="The network that compares.")] = "pixels(size=32)",
    n: Annotated[int, typer.Option("-n", "--n", help="Samples, and test images, behind every figure.")] = 2000,
    processes: Annotated[int, typer.Option("--processes", help="Trainings at a time, on one core each.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Three losses, small nets, few images: minutes.")] = False,
    seed: opt.Seed = 0,
    page: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file too.")] = None,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Train every loss of GANs with the same random settings and seeds: what to expect, and who is told apart.

    Killed at any moment, the same command with the same --out goes on; more --trials or --seeds add to what is there.
    """
    chosen, places = gan or (QUICK["gans"] if quick else []), data or ["digits"]
    shown = count(images or (str(QUICK["images"]) if quick else "60k"))
    built = nets or (str(QUICK["nets"]) if quick else NETS)
    trials, seeds = trials or (4 if quick else 10), seeds or (2 if quick else 3)
    total = (trials + 1) * seeds * len(places) * len(entries(chosen, built))
    folder = out if out is not None else new_run_dir("bench", f"gans-{'-'.join(places)}")
    keep_memory()
    started = time.monotonic()
    try:
        with Bar("trainings", total, quiet=quiet) as bar:
            found = bench_gans(
                places, gans=chosen, nets=built, trials=trials, seeds=seeds, images=shown, features=features, n=n,
                processes=processes, seed=seed, out=folder, progress=lambda *told: bar.advance(1, told[-1]),
            )  # fmt: skip
    except InputError:
        if out is None and not any(folder.iterdir()):
            folder.rmdir()
        raise
    command = opt.command_line()
    table = gans_table(found, images=shown, seeds=seeds, command=command)
    spec = {
        "data": places, "gans": [entry.name for entry in found.entries], "nets": built, "trials": trials,
        "seeds": seeds, "images": shown, "features": features, "n": n, "seed": seed,
    }  # fmt: skip
    result = gans_result(found, spec=spec, seconds=time.monotonic() - started, command=command)
    return finish(folder, result, table, explain_page(result), page)
