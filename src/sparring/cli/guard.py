"""`sparring guard`: put a guard around a classifier, and say what it refuses."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from sparring.audit.statistics import wilson
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.core.runs import new_run_dir, write_json
from sparring.data import load_data
from sparring.errors import InputError
from sparring.guards import Guard, Guarded
from sparring.guards import guard as put_guard
from sparring.registry import parse_as, show


@app.command("guard")
def guard_(
    model: opt.Model,
    data: Annotated[str, typer.Option("--data", help="Labeled images to learn from, such as fashion-mnist:train.")],
    guard: Annotated[
        str, typer.Option("--guard", help="`sparring list guard` shows them, such as 'safetynet(levels=8)'.")
    ] = "safetynet",
    false_alarms: Annotated[
        float | None, typer.Option("--false-alarms", help="Share of clean images that may be refused, as in 0.05.")
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option("--calibration", help="Clean images the model has never seen; by default a fifth of --data."),
    ] = None,
    test: Annotated[
        str | None, typer.Option("--test", help="Images to judge by; by default the test part, or a fifth of --data.")
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Test images, drawn at random.")] = 500,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    quiet: opt.Quiet = False,
) -> None:
    """Put a guard around a trained classifier: one model, with what protects it inside.

    The figures printed are about attacks that do not know of the guard. For those that do, audit the folder it writes.
    """
    unit = _unit(guard, false_alarms)
    whole = load_data(data, size=size, channels=channels)
    others = [None if each is None else load_data(each, size=size, channels=channels) for each in (calibration, test)]
    if out is not None and out.exists() and any(out.iterdir()):
        raise InputError(f"expected an empty or new directory for the guarded model, got {out} with files in it")

    def progress(words: str) -> None:
        if not quiet:
            print(words, file=sys.stderr)

    fresh = out is None
    folder = new_run_dir("guard", unit.name()) if out is None else out
    try:
        found = put_guard(
            model, unit, whole, calibration=others[0], test=others[1], n=n, seed=seed, out=folder, progress=progress
        )
    except InputError:
        if fresh and not any(folder.iterdir()):
            folder.rmdir()
        raise
    result = _with_intervals(found.result) | {"kind": "guard", "command": opt.command_line()}
    write_json(folder / "result.json", result)
    _print(found, result)


def _unit(text: str, false_alarms: float | None) -> Guard:
    """Return the guard, with the rate of false alarms where it has one."""
    unit = parse_as(Guard, text)
    if false_alarms is None:
        return unit
    if not hasattr(unit, "false_alarms"):
        raise InputError(f"expected a guard that refuses with --false-alarms, got {show(unit)}: leave it out")
    head, _, rest = show(unit).partition("(")
    kept = [] if not rest or "false_alarms" in rest else [rest.removesuffix(")")]
    return parse_as(Guard, f"{head}({', '.join([*kept, f'false_alarms={false_alarms}'])})")


def _with_intervals(result: dict[str, Any]) -> dict[str, Any]:
    """Return the counts with Wilson's interval of each share."""
    n = result["n"]
    probes = [
        each | ({"refused_interval": wilson(each["refused"], each["fooled"])} if each["fooled"] else {})
        for each in result["probes"]
    ]
    shares = {f"{name}_interval": wilson(result[name], n) for name in ("right_before", "right", "refused")}
    return result | shares | {"probes": probes}


def _print(found: Guarded, result: dict[str, Any]) -> None:
    n, asked = result["n"], result["false_alarms"]
    print(f"{result['guard']} around {result['model']}, judged by {n} images of {result['test']}")
    print(f"right on clean images: {_share(result['right'], n)}, without the guard {_share(result['right_before'], n)}")
    if result["rejects"]:
        print(f"false alarms: {_share(result['refused'], n)} of clean images are refused" + _asked(asked))
    print("made on the classifier alone, without knowledge of the guard:")
    for each in result["probes"]:
        name = f"{each['attack']} within {each['threat']}"
        if not each["fooled"]:
            print(f"  {name}: fooled the classifier on no image")
            continue
        fooled = each["fooled"]
        refused = f"{_share(each['refused'], fooled)} refused, " if result["rejects"] else ""
        print(
            f"  {name}: of {fooled} that fool the classifier {refused}{each['right'] / fooled:.1%} answered right, "
            f"{each['missed'] / fooled:.1%} fool the guarded model too"
        )
    low = result["refused_interval"][0]
    if asked is not None and low > asked:
        print(
            "warning: more false alarms than asked for: the classifier may know the images it was calibrated on; "
            "give --calibration images it has never seen"
        )
    print(f"against attackers who know of it: sparring audit --model {found.model.text} --data ... --threat ...")
    print(f"guarded model: {found.folder}")


def _share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{count / n:.1%} (95 % interval {low:.1%} to {high:.1%})"


def _asked(rate: float | None) -> str:
    return "" if rate is None else f", {rate:.1%} asked for"
