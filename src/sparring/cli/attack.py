"""`sparring attack`: adversarial images of pictures or of a data set."""

from __future__ import annotations

import contextlib
import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from safetensors.torch import save as save_tensors
from torch import Tensor

from sparring.attacks import Adversarials, Attack
from sparring.attacks import attack as run_attack
from sparring.attacks._request import threat_for
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._attack_input import Work, attack_and_work, gather
from sparring.cli._bar import Bar
from sparring.cli._pictures import attack_pictures, short
from sparring.core.levels import from_bytes, nearest_levels
from sparring.core.runs import machine, new_run_dir, versions, write_atomic, write_json
from sparring.data import read_image, write_png
from sparring.errors import InputError
from sparring.report import attack_page, write_report
from sparring.victims.base import OutOfQueries
from sparring.victims.queries import QueryLedger

SAVED = 16
"""Samples of a data set that are written as PNG."""


@app.command()
def attack(
    what: Annotated[list[str], typer.Argument(help="IMAGE... or DATA, then the attack, such as 'pgd(steps=100)'.")],
    model: opt.Model,
    threat: Annotated[
        str | None, typer.Option("--threat", help="Such as 'linf(4/255)'; minimal-distance attacks need none.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="The class to reach, by name or index.")] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="The true class of pictures without one; else what the model says.")
    ] = None,
    valid: Annotated[
        str | None, typer.Option("--valid", help="8bit: the saved PNG itself is adversarial and inside the threat.")
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help="At most this many samples of a data set, at random.")] = None,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    early_stop: Annotated[
        bool | None,
        typer.Option(
            "--early-stop/--full", help="Stop at the first success, or spend all steps on confidence (pictures do)."
        ),
    ] = None,
    budget: Annotated[int | None, typer.Option("--budget", help="Most passes a sample.")] = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    batch_size: opt.Batch = None,
    fast: opt.Fast = True,
    quiet: opt.Quiet = False,
) -> int:
    """Attack pictures or a data set, and write what was found: PNGs, arrays, figures and a report."""
    if valid not in (None, "8bit"):
        raise InputError(f"expected --valid 8bit or nothing, got {valid!r}")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"expected --out to be a new or empty directory, got {out}")
    method, sources = attack_and_work(what)
    limit = threat_for(method, threat)
    work = gather(sources, model, n=n, seed=seed, size=size, channels=channels, target=target, label=label, fast=fast)
    stop = early_stop if early_stop is not None else not work.pictures
    with Bar(method.name(), len(work.x), quiet=quiet) as bar:
        broken = {"count": 0}

        def progress(done: int, won: int) -> None:
            broken["count"] += won
            bar.advance(done, f"{broken['count']} broken")

        found = run_attack(
            work.victim, work.x, work.y, method, limit, targets=work.target, seed=seed, early_stop=stop, budget=budget,
            valid="8bit" if valid else None, batch_size=batch_size, progress=progress,
        )  # fmt: skip
    folder = out if out is not None else new_run_dir("attack", f"{method.name()}-{limit.name()}")
    pngs = _write_pictures(folder, work, found)
    result = _result(work, found, method, valid, pngs, seed)
    write_json(folder / "spec.json", result["spec"] | {"versions": versions(), "command": result["command"]})
    write_atomic(folder / "adversarials.safetensors", _tensors(work, found))
    write_json(folder / "result.json", result)
    page = attack_page(result, attack_pictures(work.x, found, work.names, work.y is not None))
    report = write_report(folder / "report.html", page)
    _print(result, folder, report, work.model.queries)
    return 0


def _write_pictures(folder: Path, work: Work, found: Adversarials) -> dict[int, dict[str, Any]]:
    """Write PNGs, read them back, and ask the model what it says of the files themselves (T14)."""
    if work.x.ndim != 4 or work.x.shape[1] not in (1, 3):
        return {}
    written: dict[int, dict[str, Any]] = {}
    for place in range(len(work.x) if work.pictures else min(SAVED, len(work.x))):
        stem = f"{work.stems[place]}-" if len(work.x) > 1 else ""
        path = folder / f"{stem}adversarial.png"
        write_png(path, nearest_levels(found.images[place]))
        write_png(folder / f"{stem}original.png", nearest_levels(work.x[place]))
        times_ten = (0.5 + 10 * (found.images[place] - work.x[place])).clamp(0, 1)
        write_png(folder / f"{stem}perturbation-x10.png", nearest_levels(times_ten))
        file = from_bytes(read_image(path))[None]
        levels = int(((file[0] - work.x[place]).abs() * 255).round().max())
        written[place] = {"png": path.name, "png_levels": levels}
        with work.victim.frozen(), contextlib.suppress(OutOfQueries):  # a victim may have had enough
            says = int(work.victim.answer(file)[0].argmax())
            written[place] |= {"png_says": short(work.names[says]), "png_class": says}
    return written


def _tensors(work: Work, found: Adversarials) -> bytes:
    tensors: dict[str, Tensor] = {
        "originals": work.x,
        "images": found.images,
        "success": found.success,
        "distance": found.distance,
        "labels": found.labels,
        "forwards": found.forwards,
        "backwards": found.backwards,
    }
    return save_tensors({name: value.contiguous() for name, value in tensors.items()})


def _result(
    work: Work, found: Adversarials, method: Attack, valid: str | None, pngs: dict[int, dict[str, Any]], seed: int
) -> dict[str, Any]:
    before, after = found.logits_before, found.logits
    if work.victim.access != "decision":  # a label is given without doubt, in a row of 0 and 1
        before, after = before.softmax(1), after.softmax(1)
    samples = []
    for place in range(len(work.x)):
        first, last = int(before[place].argmax()), int(after[place].argmax())
        distance = float(found.distance[place])
        samples.append(
            {
                "file": work.files[place],
                "before": [short(work.names[first]), float(before[place, first])],
                "after": [short(work.names[last]), float(after[place, last])],
                "after_class": last,
                "success": bool(found.success[place]),
                "distance": distance if distance < float("inf") else None,
                **pngs.get(place, {}),
            }
        )
    attacked = found.clean_correct
    distances = found.distance[attacked & found.success]
    count = int(attacked.sum())
    return {
        "kind": "attack",
        "attack": found.attack,
        "threat": found.threat,
        "target": short(work.names[work.target]) if work.target is not None else None,
        "n": len(work.x),
        "n_correct": count,
        "success_rate": float(found.success.double().mean()),
        "success_of_correct": found.success_rate if count else None,
        "median_distance": float(distances.median()) if len(distances) else None,
        "forwards": int(found.forwards.sum()),
        "backwards": int(found.backwards.sum()),
        "seconds": round(found.seconds, 3),
        **({"queries": work.model.queries.summary()} if work.model.queries else {}),
        "valid": valid,
        "samples": samples,
        "model": work.model.text,
        "seed": seed,
        "spec": {
            "model": work.model.text,
            "model_checksum": work.model.checksum,
            "data": work.text,
            "attack": str(method),
            "threat": found.threat,
            "seed": seed,
        },
        "command": opt.command_line(),
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "warnings": _warnings(work, found, valid, pngs),
    }


def _warnings(
    work: Work, found: Adversarials, valid: Literal["8bit"] | str | None, pngs: dict[int, dict[str, Any]]
) -> list[str]:
    ended = []
    if work.model.queries is not None and work.model.queries.cut:
        ended = [f"the attack ended at max_queries = {work.model.queries.limit}: with more it could find more."]
    lost = [
        place
        for place, png in pngs.items()
        if "png_class" in png
        and bool(found.success[place])
        and bool(found.clean_correct[place])
        and not _png_holds(found, place, png, work.model.rejects)
    ]
    if not lost:
        return ended
    return [
        *ended,
        f"{len(lost)} of the saved PNGs are no longer adversarial once rounded to 8 bits: --valid 8bit prevents that.",
    ]


def _png_holds(found: Adversarials, place: int, png: dict[str, Any], refuses: bool) -> bool:
    if found.targets is not None:
        return int(png["png_class"]) == int(found.targets[place])
    refusal = found.logits.shape[1] - 1 if refuses else None
    return int(png["png_class"]) not in (int(found.labels[place]), refusal)


def _print(result: dict[str, Any], folder: Path, report: Path, queries: QueryLedger | None) -> None:
    print(f"{result['attack']} on {result['model']}, {result['threat']}, {result['n']} samples, seed {result['seed']}")
    for sample in result["samples"][:5] if result["n"] <= 5 else []:
        (first, sure), (last, now) = sample["before"], sample["after"]
        png = f", {sample['png']} is at most {sample['png_levels']} levels away" if "png" in sample else ""
        verdict = "" if sample["success"] else " (not fooled)"
        print(f"  {sample['file']}: {first} ({sure:.1%}) -> {last} ({now:.1%}){verdict}{png}")
    for warning in result["warnings"]:
        print(f"warning: {warning}")
    if result["success_of_correct"] is not None:
        median = "" if result["median_distance"] is None else f", median distance {result['median_distance']:.4g}"
        print(f"success on {result['n_correct']} attacked: {result['success_of_correct']:.1%}{median}")
    print(f"cost: {result['forwards']} forwards, {result['backwards']} backwards, {result['seconds']:.1f} s")
    if queries is not None:
        print(f"queries: {queries}")
    print(f"files: {folder}")
    print(f"report: {report}")
