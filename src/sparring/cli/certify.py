"""`sparring certify`: radii inside which no attack can succeed, proven by the vote of noisy copies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.certificates import CertifyResult
from sparring.certificates import certify as run_certify
from sparring.certificates._folder import parts_done
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import new_run_dir
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import load_model
from sparring.report import certify_page, write_report


@app.command()
def certify(
    model: opt.Model,
    data: opt.Data,
    sigma: Annotated[float, typer.Option("--sigma", help="σ of the noise; the model should be trained at the same.")],
    n: Annotated[
        int, typer.Option("--n", "--samples", help="Samples, drawn at random; all if there are no more.")
    ] = 500,
    guesses: Annotated[int, typer.Option("--guesses", help="Noisy copies from which the class is guessed.")] = 100,
    draws: Annotated[int, typer.Option("--draws", help="Fresh copies that prove it: they bound the radius.")] = 1000,
    alpha: Annotated[float, typer.Option("--alpha", help="Chance, for each image, that its proof is wrong.")] = 0.001,
    radius: Annotated[
        list[float] | None, typer.Option("--radius", help="Radii to state the accuracy at; by default steps of σ/2.")
    ] = None,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
    quiet: opt.Quiet = False,
) -> int:
    """Prove for each image an L2 radius in which no change moves the answer of the smoothed classifier.

    Killed at any moment, the same command with the same --out goes on and ends with the same figures.
    """
    dataset = load_data(data, size=size, channels=channels)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    folder, fresh = (out, False) if out is not None else (new_run_dir("certify", f"{data}-{sigma:g}"), True)
    if not fresh and parts_done(folder) and not quiet:
        print(f"{folder}: {parts_done(folder)} parts are done, going on from there")
    try:
        with Bar("certify", min(n, len(dataset)), quiet=quiet) as bar:
            state = {"done": 0}

            def progress(done: int, total: int, proven: int) -> None:
                bar.advance(done - state["done"], f"{proven / done:.1%} proven")
                state["done"] = done

            found = run_certify(
                loaded, dataset, sigma, n=n, guesses=guesses, draws=draws, alpha=alpha, seed=seed, radii=radius or (),
                out=folder, command=opt.command_line(), progress=progress,
            )  # fmt: skip
    except InputError:
        if fresh and not any(folder.iterdir()):
            folder.rmdir()
        raise
    _print(found, write_report(folder / "report.html", certify_page(found.result)))
    return 0


def _print(found: CertifyResult, report: Path) -> None:
    result, spec = found.result, found.result["spec"]
    print(f"{spec['model']} on {spec['data']}, {found.n} samples, sigma {result['sigma']:g}, seed {result['seed']}")
    low, high = result["smoothed_interval"]
    print(f"accuracy of the net       {result['plain_accuracy']:.4f}")
    print(f"accuracy of the vote      {result['smoothed_accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    print(f"abstained                 {result['abstained']:.4f}  (counted as wrong)")
    for row in result["certified"]:
        low, high = row["interval"]
        print(f"certified at L2 {row['radius']:<9.4g} {row['accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    print(f"{result['draws']} draws can prove no radius beyond {result['reach']:.4g}")
    print(f"report: {report}")
