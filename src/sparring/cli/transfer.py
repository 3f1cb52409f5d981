"""`sparring transfer`: images made on each model, shown to all others."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.cli._pictures import transfer_pictures
from sparring.core.runs import machine, new_run_dir, versions, write_json
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.models import LoadedModel, load_model
from sparring.registry import parse_as
from sparring.report import transfer_page, write_report
from sparring.surrogates import train_all
from sparring.surrogates import transfer as run_transfer
from sparring.surrogates._recipe import net_of
from sparring.threats import Threat

WIDTH = 22
"""Characters a column of the printed matrix."""


@app.command()
def transfer(
    data: opt.Data,
    threat: opt.ThreatText,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="A model, as for the other commands; give it once for each."),
    ] = None,
    train: Annotated[
        list[str] | None,
        typer.Option("--train", help="An architecture to train here, such as 'resnet(width=8)'; once for each."),
    ] = None,
    halves: Annotated[
        bool, typer.Option("--halves", help="Train each twice, on two halves of the data with no image in common.")
    ] = False,
    train_data: Annotated[
        str | None, typer.Option("--train-data", help="What to train on; by default the :train part of NAME:test.")
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes through the data in training.")] = 12,
    attack: Annotated[
        str | None, typer.Option("--attack", help="By default momentum with diverse inputs: it carries over well.")
    ] = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Add a row made, for each target, on the mean of all other models.")
    ] = False,
    n: Annotated[int, typer.Option("--n", help="Samples, drawn at random; all if there are no more.")] = 500,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    batch_size: opt.Batch = None,
    fast: opt.Fast = True,
    quiet: opt.Quiet = False,
) -> int:
    """Measure how well adversarial images carry over: made on one model, shown to another that nobody asked."""
    texts, nets = model or [], train or []
    if len(texts) + len(nets) * (2 if halves else 1) < 2:
        raise InputError("expected at least two models, got fewer: give --model or --train several times, or --halves")
    if halves and not nets:
        raise InputError("expected --train with --halves, got none: the halves are for models trained here")
    limit = parse_as(Threat, threat)
    for net in nets:
        net_of(net)
    dataset = load_data(data, size=size, channels=channels)
    learned = _training(data, train_data, size, channels) if nets else None
    loaded: list[LoadedModel] = [
        load_model(text, input_shape=dataset.shape, classes=dataset.classes or None) for text in texts
    ]
    if out is not None and out.exists() and (not out.is_dir() or (out / "result.json").exists()):
        raise InputError(f"expected --out to be a new directory, or one where a run was interrupted, got {out}")
    folder = out if out is not None else new_run_dir("transfer", f"{data}-{limit.name()}")
    if learned is not None:
        with Bar("train", len(nets) * (2 if halves else 1), quiet=quiet) as bar:
            loaded += train_all(
                nets, learned, halves=halves, epochs=epochs, seed=seed, folder=folder / "models",
                progress=lambda name, right: bar.advance(1, f"{name}: {right:.1%} of its training images right"),
            )  # fmt: skip
    rows = sum(each.access == "gradient" for each in loaded) + (len(loaded) if ensemble else 0)
    with Bar("transfer", rows, quiet=quiet) as bar:
        found = run_transfer(
            loaded, dataset, limit, attack, n=n, seed=seed, ensemble=ensemble, fast=fast, batch_size=batch_size,
            progress=lambda name: bar.advance(1, name),
        )  # fmt: skip
    about = {"command": opt.command_line(), "date": datetime.date.today().isoformat(), "machine": machine()}
    trained = {} if learned is None else {"trained_on": learned.name, "halves": halves, "epochs": epochs}
    spec = {**found.result["spec"], **trained}
    result = {**found.result, **about, "spec": spec}
    write_json(folder / "spec.json", {**spec, "versions": versions(), "command": about["command"]})
    write_json(folder / "result.json", result)
    pictures = transfer_pictures(found, {each.text: each for each in loaded}, dataset.classes)
    report = write_report(folder / "report.html", transfer_page(result, pictures))
    _print(result)
    print(f"report: {report}")
    return 0


def _training(data: str, given: str | None, size: int | None, channels: int | None) -> Dataset:
    """Return the data to train on: what was given, or the other part of a set whose test part is attacked."""
    if given is None and not data.endswith(":test"):
        raise InputError(f"expected --train-data beside {data!r}, which has no :train part that is known, got none")
    return load_data(given or data.removesuffix(":test") + ":train", size=size, channels=channels)


def _print(result: dict[str, Any]) -> None:
    print(f"{result['attack']}, {result['threat']}, {result['n']} samples of {result['spec']['data']}, ", end="")
    print(f"seed {result['seed']}")
    for number, each in enumerate(result["models"], 1):
        low, high = each["clean"]["interval"]
        print(f"  {number}. {each['name']}: {each['clean']['share']:.1%} right before ({low:.1%} to {high:.1%})")
    for key, title in (
        ("of_right", "fooled, of what the column's model had right before; 95 % interval"),
        ("of_broken", "the same, only of what the row's model had right before and has wrong now"),
    ):
        print(f"{title}:")
        names = [each["name"] for each in result["models"]]
        print(f"{'made on, shown to':<{WIDTH}}" + "".join(f"{number:>{WIDTH}}" for number in range(1, len(names) + 1)))
        for row in result["rows"]:
            cells = {cell["target"]: cell[key] for cell in row["cells"]}
            label = f"{names.index(row['source']) + 1}" if row["source"] in names else row["source"]
            print(f"{label:<{WIDTH}}" + "".join(f"{_cell(cells.get(name)):>{WIDTH}}" for name in names))


def _cell(found: dict[str, Any] | None) -> str:
    if found is None or found["share"] is None:
        return "-"
    low, high = found["interval"]
    return f"{found['share']:.1%} ({100 * low:.0f}-{100 * high:.0f})"
