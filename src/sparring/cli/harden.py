"""`sparring harden`: train a classifier to withstand a threat, and show what that has bought."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.group import this_group
from sparring.core.memory import keep_memory
from sparring.core.runs import new_run_dir
from sparring.data import load_data
from sparring.errors import InputError
from sparring.harden import Hardened, Recipe
from sparring.harden import harden as run_harden
from sparring.harden._minutes import fitting_epochs
from sparring.registry import parse_as
from sparring.report import harden_page, write_report
from sparring.report._harden import warnings_of
from sparring.threats import Threat


@app.command()
def harden(
    model: Annotated[
        str,
        typer.Option("--model", help="An architecture, such as 'resnet(width=22)', or a model whose weights to go on."),
    ],
    data: opt.Data,
    threat: opt.ThreatText,
    defense: Annotated[
        str, typer.Option("--defense", help="`sparring list defense` shows them, such as 'trades(beta=6)'.")
    ] = "adversarial(steps=2, carry=True)",
    out: opt.Out = None,
    epochs: Annotated[float | None, typer.Option("--epochs", help="Passes over the training data.")] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", help="In place of --epochs: as many as fit, from the time that some rounds take."),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Samples a round.")] = Recipe.batch_size,
    lr: Annotated[
        float | None, typer.Option("--lr", help="The peak of the learning rate; by default what suits the net.")
    ] = None,
    held_out: Annotated[
        int, typer.Option("--held-out", help="Training samples kept to choose the best weights by.")
    ] = Recipe.held_out,
    precision: Annotated[str, typer.Option("--precision", help="float32 or bfloat16.")] = Recipe.precision,
    test: Annotated[
        str | None, typer.Option("--test", help="Data for the audits; by default the test part of --data.")
    ] = None,
    unlabeled: Annotated[
        str | None, typer.Option("--unlabeled", help="Images without labels to learn from, for vat.")
    ] = None,
    labels: Annotated[
        int | None, typer.Option("--labels", help="Keep so many labels; the other images count as unlabeled.")
    ] = None,
    n: Annotated[int, typer.Option("--n", "--samples", help="Test samples that are audited.")] = 1000,
    before: Annotated[
        bool, typer.Option("--before/--no-before", help="Audit the undefended model too, for comparison.")
    ] = True,
    audit: Annotated[bool, typer.Option("--audit/--no-audit", help="Audit at all.")] = True,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", help="Exit with code 1 if the robust accuracy, a share of 1, is lower than this."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    size: opt.Size = None,
    channels: opt.Channels = None,
    seed: opt.Seed = 0,
    quiet: opt.Quiet = False,
) -> int:
    """Train or fine-tune a classifier under a defense, keep the best weights, and audit before and after.

    Killed at any moment, the same command with the same --out goes on and ends with the same weights.
    """
    if fail_under is not None and not audit:
        raise InputError("expected --audit with --fail-under, got --no-audit")
    if epochs is not None and minutes is not None:
        raise InputError("expected --epochs or --minutes, got both")
    recipe = Recipe(
        epochs=Recipe.epochs if epochs is None else epochs, batch_size=batch_size, lr=lr, held_out=held_out,
        precision=precision,  # type: ignore[arg-type]
    )  # fmt: skip
    dataset, limit = load_data(data, size=size, channels=channels), parse_as(Threat, threat)
    group = this_group()
    folder = Path(group.share(out or (new_run_dir("harden", f"{data}-{limit.name()}") if group.rank == 0 else None)))
    quiet = quiet or group.rank > 0
    keep_memory()
    phases = _Phases(quiet)
    if minutes is not None:
        recipe = dataclasses.replace(
            recipe, epochs=fitting_epochs(model, dataset, limit, defense, recipe, minutes, folder, device=device)
        )
    try:
        found = run_harden(
            model, dataset, limit, defense, recipe=recipe, test=None if test is None else load_data(
                test, size=size, channels=channels), unlabeled=unlabeled, labels=labels, n=n,
            before=before and audit, after=audit, seed=seed, out=folder, device=device, command=opt.command_line(),
            progress=phases,
        )  # fmt: skip
    except InputError:
        if out is None and group.rank == 0 and not any(folder.iterdir()):
            folder.rmdir()
        raise
    finally:
        phases.close()
    if group.rank > 0:
        return 0
    report = write_report(folder / "report.html", harden_page(found.result))
    _print(found, folder, report)
    if fail_under is not None and found.after is not None and found.after.robust_accuracy < fail_under:
        print(f"robust accuracy {found.after.robust_accuracy:.4f} is below --fail-under {fail_under}")
        return 1
    return 0


class _Phases:
    """One bar after another: a training, an audit, the next training."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._name, self._figure, self._done = quiet, "", "", 0
        self._bar: Bar | None = None

    def __call__(self, phase: str, record: dict[str, Any]) -> None:
        if phase != self._name:
            self.close()
            self._bar = Bar(phase, record["of"], quiet=self._quiet)
            self._bar.__enter__()
            self._name, self._done = phase, 0
        if "robust" in record:
            self._figure = f"held out: {record['clean']:.1%} right, {record['robust']:.1%} stand"
        elif "standing" in record:
            self._figure = f"{record['standing'] / record['round']:.1%} stand"
        loss = f"loss {record['classifier_loss']:.3f} " if "classifier_loss" in record else ""
        assert self._bar is not None
        self._bar.advance(record["round"] - self._done, loss + self._figure)
        self._done = record["round"]

    def close(self) -> None:
        """End the bar that runs."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar, self._figure = None, ""


def _print(found: Hardened, folder: Path, report: Path) -> None:
    result = found.result
    spec = result["spec"]
    print(f"{spec['model']} on {spec['data']}, {result['defense']}, {result['threat']}, seed {spec['seed']}")
    best = result["held_out"]
    if "robust" in best:
        print(
            f"trained in {result['seconds']:.0f} s; kept round {best['round']}: {best['clean']:.1%} right and "
            f"{best['robust']:.1%} standing a short attack, held out"
        )
    for name, audit in (("before", found.before), ("after", found.after)):
        if audit is not None:
            low, high = audit.interval
            print(
                f"{name:<7} clean {audit.clean_accuracy:.4f}, robust {audit.robust_accuracy:.4f} "
                f"(95 % interval {low:.4f} to {high:.4f}), {audit.verdict}"
            )
    for text, share in result["careless"].items():
        print(f"        {text} alone leaves {share:.4f}")
    for warning in warnings_of(result):
        print(f"warning: {warning}")
    print(f"model: {folder}  (sparring audit --model {folder})")
    print(f"report: {report}")
