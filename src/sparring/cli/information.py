"""`sparring information`: how much one array says of another."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._arrays import read_array
from sparring.cli._bar import Bar
from sparring.core.runs import machine, versions, write_json
from sparring.information import mine


@app.command()
def information(
    x: Annotated[Path, typer.Argument(help="FILE.npy, or FILE.npz with one array.")],
    y: Annotated[Path, typer.Argument(help="Another, row i of which goes with row i of the first.")],
    bridges: Annotated[int, typer.Option("--bridges", help="One for two nats; 1 is plain MINE.")] = 8,
    steps: Annotated[int, typer.Option("--steps", help="Steps of the training.")] = 2000,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Pairs a step.")] = 512,
    width: Annotated[int, typer.Option("--width", help="Units of the hidden layers.")] = 64,
    lr: Annotated[float, typer.Option("--lr", help="Learning rate at first.")] = 3e-3,
    seed: opt.Seed = 0,
    out: Annotated[Path | None, typer.Option("--out", help="A file for the result, as JSON.")] = None,
    quiet: opt.Quiet = False,
) -> int:
    """Estimate the mutual information of two arrays, on rows not trained on, by nets: MINE, over bridges."""
    arrays = read_array(x), read_array(y)
    options = {"bridges": bridges, "steps": steps, "batch_size": batch_size, "width": width, "lr": lr, "seed": seed}
    with Bar("mine", 20, quiet=quiet) as bar:
        found = mine(
            *arrays, bridges=bridges, steps=steps, batch_size=batch_size, width=width, lr=lr, seed=seed,
            progress=lambda _, bound: bar.advance(1, f"bounds {bound:.2f}"),
        )  # fmt: skip
    low, high = found.interval
    told = "plain MINE" if bridges == 1 else f"MINE over {bridges} bridges"
    print(f"{len(arrays[0]):,} pairs, {found.n:,} of them held out, {told}, seed {seed}")
    print(f"information {found.nats:.3f} nats ({low:.3f} to {high:.3f}), {found.bits:.3f} bits")
    if out is not None:
        spec = {"kind": "information", "x": str(x), "y": str(y), **options}
        write_json(
            out, spec | dataclasses.asdict(found) | {"versions": versions(), "machine": machine()},
        )  # fmt: skip
        print(f"result: {out}")
    return 0
