"""`sparring substitute`: copy a victim from its labels, then attack it through the copy."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.cli._pictures import substitute_pictures
from sparring.core.levels import nearest_levels
from sparring.core.runs import machine, new_run_dir, write_json
from sparring.data import load_data, write_png
from sparring.errors import InputError
from sparring.models import load_model
from sparring.registry import parse_as
from sparring.report import substitute_page, write_report
from sparring.surrogates import Recipe, Substitution
from sparring.surrogates import substitute as run_substitute
from sparring.threats import Threat
from sparring.victims.queries import QueryLedger

SAVED = 16
"""Images written as PNG."""


@app.command()
def substitute(
    model: opt.Model,
    data: opt.Data,
    threat: opt.ThreatText = "linf(0.3)",
    queries: Annotated[
        int, typer.Option("--queries", help="The most images whose label is asked for: a hard limit.")
    ] = Recipe().queries,
    seeds: Annotated[
        int, typer.Option("--seeds", help="The attacker's own first images, drawn from the data and then not attacked.")
    ] = 150,
    seed_data: Annotated[
        str | None,
        typer.Option("--seed-data", help="Take the first images from here instead; labels are not used."),
    ] = None,
    net: Annotated[
        list[str] | None,
        typer.Option("--net", help="Architecture of a substitute; several learn the same labels, the first leads."),
    ] = None,
    step: Annotated[float, typer.Option("--step", help="How far an image moves before it is asked about.")] = 0.1,
    move: Annotated[
        float,
        typer.Option("--move", help="How far it is turned, resized and shifted before that; 0 as in the paper."),
    ] = Recipe().move,
    flip: Annotated[
        int, typer.Option("--flip", help="Rounds after which the step turns; 0 for never.")
    ] = Recipe().flip,
    doublings: Annotated[int, typer.Option("--doublings", help="Rounds in which every image has an offspring.")] = 0,
    reservoir: Annotated[
        int, typer.Option("--reservoir", help="Images that have one in each later round; 0 for all.")
    ] = 0,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes through all labels at the end.")] = Recipe().epochs,
    attack: Annotated[
        str | None, typer.Option("--attack", help="By default momentum with diverse inputs: it carries over well.")
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Images to attack, drawn at random; by default all but the first ones.")
    ] = None,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", help="Exit with code 1 if a smaller share of all images is misclassified."),
    ] = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    batch_size: opt.Batch = None,
    quiet: opt.Quiet = False,
) -> int:
    """Copy any victim from at most so many of its labels, attack the copy, and count what the victim gets wrong.

    Killed at any moment, the same command with the same --out goes on, and asks about no image again.
    """
    if fail_under is not None and not 0 <= fail_under <= 1:
        raise InputError(f"expected --fail-under as a share between 0 and 1, got {fail_under}")
    limit = parse_as(Threat, threat)
    recipe = Recipe(
        nets=tuple(net) if net else Recipe().nets, queries=queries, step=step, move=move, flip=flip,
        doublings=doublings, reservoir=reservoir, epochs=epochs,
    )  # fmt: skip
    dataset = load_data(data, size=size, channels=channels)
    first = seeds if seed_data is None else load_data(seed_data, size=size, channels=channels)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes or None)
    fresh = out is None
    folder = out if out is not None else new_run_dir("substitute", f"{data}-{limit.name()}")
    try:
        with Bar("labels", queries, quiet=quiet) as bar:
            state = {"done": 0}

            def progress(done: int, wanted: int) -> None:
                bar.advance(done - state["done"], f"of at most {wanted}")
                state["done"] = done

            found = run_substitute(
                loaded, dataset, limit, attack, recipe=recipe, seeds=first, n=n, seed=seed, out=folder,
                batch_size=batch_size, progress=progress,
            )  # fmt: skip
    except InputError:
        if fresh and not any(folder.iterdir()):
            folder.rmdir()
        raise
    about = {"command": opt.command_line(), "date": datetime.date.today().isoformat(), "machine": machine()}
    result = {**found.result, **about, "warnings": _warnings(found)}
    if loaded.queries is not None:
        result["endpoint"] = loaded.queries.summary()
    write_json(folder / "result.json", result)
    _write_pictures(folder, found)
    report = write_report(folder / "report.html", substitute_page(result, substitute_pictures(found)))
    _print(result, folder, report, loaded.queries)
    share = result["misclassified"]["share"]
    if fail_under is not None and share < fail_under:
        print(f"misclassified {share:.4f} is below --fail-under {fail_under}")
        return 1
    return 0


def _warnings(found: Substitution) -> list[str]:
    asked, wanted = found.result["asked"], found.result["queries"]["max_queries"]
    lost = found.result["queries"]["lost"] + len(found.bought) < asked
    warnings = []
    if lost:
        warnings.append(
            f"{asked - len(found.bought)} of {wanted} queries were lost when a run was killed, and bought no label."
        )
    if bool((found.labels == found.labels[0]).all()):
        warnings.append("the victim gave every image the same label, from which nothing can be learned.")
    return warnings


def _write_pictures(folder: Path, found: Substitution) -> None:
    if found.images.ndim != 4 or found.images.shape[1] not in (1, 3):
        return
    for place in range(min(SAVED, len(found.images))):
        write_png(folder / f"{place:04d}-original.png", nearest_levels(found.originals[place]))
        write_png(folder / f"{place:04d}-adversarial.png", nearest_levels(found.images[place]))


def _print(result: dict[str, Any], folder: Path, report: Path, wire: QueryLedger | None) -> None:
    print(f"{result['spec']['model']}, known by its labels alone, {result['threat']}, seed {result['seed']}")
    for warning in result["warnings"]:
        print(f"warning: {warning}")
    queries = result["queries"]
    print(f"labels bought: {result['asked']} of at most {queries['max_queries']}", end="")
    print(f", {result['asked'] - queries['sent']} of them by earlier runs" if queries["sent_before"] else "")
    print(f"attacked: {result['n']} other images, of which it has {result['clean']['share']:.1%} right")
    for each in result["agreement"]:
        print(f"  {each['net']} says what the victim says of {each['share']:.1%} of them")
    for row in result["attacks"]:
        whole, right = row["misclassified"], row["of_right"]
        print(f"{row['attack']} on {row['source']}:")
        print(f"  misclassified, of all      {_share(whole)}")
        print(f"  misclassified, of correct  {_share(right)}")
    if wire is not None:
        print(f"queries: {wire}")
    print(f"files: {folder}")
    print(f"report: {report}")


def _share(found: dict[str, Any]) -> str:
    if found["share"] is None:
        return "none of them"
    low, high = found["interval"]
    return f"{found['share']:.4f}  ({found['count']} of {found['of']}, 95 % interval {low:.4f} to {high:.4f})"
