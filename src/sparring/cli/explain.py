"""`sparring explain`: why small changes are enough."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.core.runs import machine, new_run_dir, versions, write_json
from sparring.data import load_data
from sparring.explain import explain_linear, explain_model
from sparring.report import explain_page, write_report

explain = typer.Typer(
    help="See why adversarial examples exist: on a sum, and on a model.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(explain, name="explain")


@explain.command("linear")
def linear(
    eps: Annotated[float, typer.Option("--eps", help="How far the inputs are moved.")] = 0.2,
    out: opt.Out = None,
) -> int:
    """Work the smallest example by hand, and show how the shift grows with the dimension."""
    result = explain_linear(eps)
    example = result["example"]
    print(f"w = {example['weights']}, x = {example['input']}")
    print(f"w·x                  = {example['before']:g}")
    print(f"w·(x + {eps:g} w)        = {example['after']:g}   (shift ε‖w‖² = {example['after'] - example['before']:g})")
    shift = example["after_sign"] - example["before"]
    print(f"w·(x + {eps:g} sign(w))  = {example['after_sign']:g}   (shift ε‖w‖₁ = {shift:g})")
    print(f"\n{'inputs':>9} {'typical |w·x|':>14} {'shift ε‖w‖₁':>12} {'ratio':>8}")
    for row in result["growth"]:
        print(f"{row['dimension']:>9,} {row['score']:>14.1f} {row['shift']:>12.1f} {row['ratio']:>8.2f}")
    return _write(result, out, "linear")


@explain.command("model")
def model(
    model: opt.Model,
    data: opt.Data,
    threat: opt.ThreatText,
    n: Annotated[int, typer.Option("--n", help="Samples to measure.")] = 200,
    seed: opt.Seed = 0,
    out: opt.Out = None,
    size: opt.Size = None,
    channels: opt.Channels = None,
) -> int:
    """Measure how linear a model is along the attack, and draw its logits against ε."""
    dataset = load_data(data, size=size, channels=channels)
    result = explain_model(model, dataset, threat, n=n, seed=seed)
    print(result["verdict"])
    kept = result["kept"]
    if kept:
        print(f"promise kept at ε: median {kept['50']:.1%}, 5th percentile {kept['5']:.1%}, 95th {kept['95']:.1%}")
    print(f"explained by the tangent: R² = {result['r_squared']:.3f}")
    print(f"fooled by one step: {result['fooled_by_one_step']:.1%}")
    print(
        "gradient norms (median): "
        + ", ".join(f"{name} {value:.4g}" for name, value in result["gradient_norms"].items())
    )
    return _write(result, out, f"{data}")


def _write(result: dict[str, Any], out: Path | None, name: str) -> int:
    folder = out if out is not None else new_run_dir("explain", name)
    result |= {"command": opt.command_line(), "machine": machine(), "date": datetime.date.today().isoformat()}
    write_json(folder / "spec.json", {**result.get("spec", {}), "versions": versions(), "command": result["command"]})
    write_json(folder / "result.json", result)
    print(f"report: {write_report(folder / 'report.html', explain_page(result))}")
    return 0
