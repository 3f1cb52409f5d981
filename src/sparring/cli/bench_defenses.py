"""`sparring bench defenses` and `sparring bench training`: what defenses are worth, and what training them costs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import torch
import typer

from sparring.bench._defenses import bench_defenses, defenses_table, every_defense
from sparring.bench._training import training_speed, training_table
from sparring.cli import _options as opt
from sparring.cli._bar import Bar
from sparring.cli.bench import bench
from sparring.core.memory import keep_memory
from sparring.core.runs import new_run_dir, write_atomic, write_json
from sparring.data import load_data
from sparring.harden import Recipe
from sparring.harden._data import part
from sparring.registry import parse_as
from sparring.threats import Threat

Net = Annotated[str, typer.Option("--net", help="The architecture, the same for all.")]
Chosen = Annotated[list[str] | None, typer.Option("--defense", help="Such as 'trades(beta=6)'; can be repeated.")]
Page = Annotated[Path | None, typer.Option("--markdown", help="Write the table to this file too.")]


@bench.command()
def defenses(
    data: Annotated[str, typer.Option("--data", help="A set with a train and a test part.")] = "digits",
    threat: opt.ThreatText = "linf(0.1)",
    defense: Chosen = None,
    net: Net = "resnet(width=8)",
    epochs: Annotated[float, typer.Option("--epochs", help="Of each training.")] = 5.0,
    n: Annotated[int, typer.Option("--n", help="Test samples behind every figure.")] = 500,
    seed: opt.Seed = 0,
    page: Page = None,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Train one architecture by every defense, and audit each: claims, careless figures and true ones side by side."""
    folder = out if out is not None else new_run_dir("bench", f"defenses-{data}")
    keep_memory()
    recipe = Recipe(epochs=epochs)
    with Bar("defenses", len(defense or every_defense()), quiet=quiet) as bar:
        rows = bench_defenses(
            data, threat, defenses=defense or (), net=net, recipe=recipe, n=n, seed=seed, out=folder,
            progress=lambda name, figures: bar.advance(int(bool(figures)), f"{name} {figures}"),
        )  # fmt: skip
    table = defenses_table(rows, data=data, threat=threat, net=net, recipe=recipe, command=opt.command_line())
    return _finish(table, [dataclasses.asdict(row) for row in rows], folder, page)


@bench.command()
def training(
    data: Annotated[str, typer.Option("--data", help="Training data with labels.")] = "fashion-mnist:train",
    threat: Annotated[str, typer.Option("--threat", help="In Linf, such as 'linf(0.1)'.")] = "linf(0.1)",
    defense: Chosen = None,
    net: Net = "resnet(width=22)",
    steps: Annotated[int, typer.Option("--steps", help="Of the bare loop.")] = 5,
    rounds: Annotated[int, typer.Option("--rounds", help="Batches that are timed.")] = 20,
    trained: Annotated[int, typer.Option("--trained", help="Batches of training to compare what is reached.")] = 0,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Samples a batch.")] = 128,
    seed: opt.Seed = 0,
    page: Page = None,
    out: opt.Out = None,
    quiet: opt.Quiet = False,
) -> int:
    """Time adversarial training against the loop that anyone would write in PyTorch, taking turns batch by batch."""
    limit, dataset = parse_as(Threat, threat), load_data(data)
    folder = out if out is not None else new_run_dir("bench", "training")
    keep_memory()
    chosen = defense or [f"adversarial(steps={steps})"]
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
    count = min(1000, len(dataset) // 5)
    held, train = part(dataset, order[:count]), part(dataset, order[count:])
    with Bar("training", len(chosen), quiet=quiet) as bar:
        rows = training_speed(
            train, held, chosen, net=net, threat=limit, steps=steps, rounds=rounds, trained=trained,
            batch_size=batch_size, seed=seed, progress=lambda name: bar.advance(1, name),
        )  # fmt: skip
    table = training_table(rows, data=data, net=net, threat=threat, command=opt.command_line())
    return _finish(table, [dataclasses.asdict(row) for row in rows], folder, page)


def _finish(table: str, rows: list[dict[str, object]], folder: Path, page: Path | None) -> int:
    """Print the table and write it down."""
    write_json(folder / "result.json", {"rows": rows, "command": opt.command_line()})
    print(table)
    if page is not None:
        write_atomic(page, table)
        print(f"table: {page}")
    print(f"result: {folder / 'result.json'}")
    return 0
