"""`sparring audit`: how accurate a classifier stays under a threat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.audit import AuditResult, chunks_done
from sparring.audit import audit as run_audit
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.cli._pictures import audit_pictures
from sparring.core.group import this_group
from sparring.core.runs import new_run_dir
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import load_model
from sparring.registry import parse_as
from sparring.report import audit_page, write_report
from sparring.threats import Threat
from sparring.victims.queries import QueryLedger


@app.command()
def audit(
    model: opt.Model,
    data: opt.Data,
    threat: opt.ThreatText,
    n: Annotated[
        int,
        typer.Option(
            "--n",
            "--samples",
            help="Samples, drawn at random; all if there are no more. (torchrun takes --n for its own: say --samples.)",
        ),
    ] = 1000,
    seed: opt.Seed = 0,
    protocol: Annotated[
        str, typer.Option("--protocol", help="fast, autoattack, rand (autoattack for random models) or thorough.")
    ] = "fast",
    attack: Annotated[
        list[str] | None, typer.Option("--attack", help="Attacks to run in order on the model as it is, no protocol.")
    ] = None,
    verdict: Annotated[
        bool | None,
        typer.Option("--verdict/--no-verdict", help="Take evidence whether the figure is real; not after --attack."),
    ] = None,
    out: opt.Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Only go on with an interrupted run in --out.")] = False,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", help="Exit with code 1 if the robust accuracy, a share of 1, is lower than this."),
    ] = None,
    curve: Annotated[
        int, typer.Option("--curve", help="Samples for the curve of accuracy against eps; 0 for none.")
    ] = 100,
    size: opt.Size = None,
    channels: opt.Channels = None,
    batch_size: opt.Batch = None,
    fast: opt.Fast = True,
    quiet: opt.Quiet = False,
) -> int:
    """Measure how many samples a classifier gets right whatever an attacker does inside the threat.

    Killed at any moment, the same command with the same --out goes on and ends with the same figure.
    """
    if fail_under is not None and not 0 <= fail_under <= 1:
        raise InputError(f"expected --fail-under as a share between 0 and 1, got {fail_under}")
    limit = parse_as(Threat, threat)
    dataset = load_data(data, size=size, channels=channels)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    if resume and (out is None or not (out / "spec.json").exists()):
        raise InputError(f"expected an interrupted run in --out to resume, got {out or 'no --out'}")
    first = this_group().rank == 0
    folder, fresh = (out, False) if out is not None else (_new_folder(data, limit), True)
    quiet = quiet or not first
    if not fresh and chunks_done(folder) and not quiet:
        print(f"{folder}: {chunks_done(folder)} chunks are done, going on from there")
    try:
        with Bar("audit", min(n, len(dataset)), quiet=quiet) as bar:
            state = {"done": 0}

            def progress(done: int, total: int, right: int, standing: int) -> None:
                bar.advance(done - state["done"], f"{standing / done:.1%} stand, {right / done:.1%} right")
                state["done"] = done

            found = run_audit(
                loaded, dataset, limit, n=n, seed=seed, protocol=protocol, attacks=attack or None, judge=verdict,
                out=folder, fast=fast,
                batch_size=batch_size, curve=curve, command=opt.command_line(), progress=progress,
            )  # fmt: skip
    except InputError:
        _leave_nothing(folder, fresh)
        raise
    if not first:
        return 0
    report = write_report(folder / "report.html", audit_page(found.result, audit_pictures(found, loaded, dataset)))
    _print(found, report, loaded.queries)
    if fail_under is not None and found.robust_accuracy < fail_under:
        print(f"robust accuracy {found.robust_accuracy:.4f} is below --fail-under {fail_under}")
        return 1
    return 0


def _new_folder(data: str, limit: Threat) -> Path:
    """Return the next run directory, the same one in every process."""
    group = this_group()
    return Path(group.share(new_run_dir("audit", f"{data}-{limit.name()}") if group.rank == 0 else None))


def _leave_nothing(folder: Path, fresh: bool) -> None:
    """Remove the directory made for a run that never began."""
    if fresh and not any(folder.iterdir()):
        folder.rmdir()


def _print(found: AuditResult, report: Path, queries: QueryLedger | None) -> None:
    result: dict[str, Any] = found.result
    low, high = found.interval
    spec = result["spec"]
    print(f"{spec['model']} on {spec['data']}, {found.n} samples, {result['threat']}, seed {result['seed']}")
    for warning in result["warnings"]:
        print(f"warning: {warning}")
    for row in result["attacks"]:
        print(
            f"  {row['text']:<24} {row['broke']:>6} broken, {row['left_standing']:>6} left standing, "
            f"{row['forwards']} forwards, {row['backwards']} backwards, {row['seconds']:.1f} s"
        )
    print(f"clean accuracy   {found.clean_accuracy:.4f}")
    print(f"robust accuracy  {found.robust_accuracy:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    if result.get("guard"):
        _print_guard(result["guard"])
    if queries is not None:
        print(f"queries: {queries}")
    if result["verdict"] is not None:
        _print_verdict(result["verdict"])
    print(f"report: {report}")


GUARD = {
    "classifier": "classifier alone, attacked without the guard",
    "oblivious": "guard, against images made on the classifier alone",
    "joint": "both, against images made to fool them at once",
}
"""The three figures of a guarded model, and who attacks what in each."""


def _print_guard(found: dict[str, Any]) -> None:
    rows = [(words, found[key], "right") for key, words in GUARD.items() if key in found]
    if found.get("refused", {}).get("n"):
        rows.append(("of the images that fool the classifier alone", found["refused"], "refused"))
    for words, figure, what in [*rows, ("of clean images, false alarms", found["false_alarms"], "refused")]:
        low, high = figure["interval"]
        print(f"  {words:<52} {figure['share']:.4f} {what}  (95 % interval {low:.4f} to {high:.4f})")


def _print_verdict(judged: dict[str, Any]) -> None:
    for words in judged["findings"]:
        print(f"found: {words}")
    for words in judged["adapted"]:
        print(f"adapted: {words}")
    print(f"verdict: {judged['verdict']}")
    for words in judged["reasons"]:
        print(f"  {words}")
    for words in judged["next"]:
        print(f"  next: {words}")
