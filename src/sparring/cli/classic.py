"""`sparring classic`: evasion as it was studied before deep nets, on real messages and real digits."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.classic import digits_study, spam_study
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.core.runs import machine, new_run_dir, versions, write_json
from sparring.report import explain_page, write_report

classic = typer.Typer(
    help="Evade spam filters and kernel machines, on real data.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(classic, name="classic")


@classic.command("dalvi")
def dalvi(
    words: Annotated[int, typer.Option("--words", help="Size of the filter's vocabulary.")] = 500,
    worth: Annotated[
        float, typer.Option("--worth", help="What one spam message that passes is worth, in words of five letters.")
    ] = 20.0,
    seed: opt.Seed = 0,
    out: opt.Out = None,
) -> int:
    """Let a spammer evade a naive Bayes filter of text messages as cheaply as can be (Dalvi et al. 2004)."""
    result = spam_study(words=words, worth=worth, seed=seed)
    n = result["n"]
    print(f"naive Bayes, {result['words']} words, learned from {n['train']} messages, seed {seed}")
    print(f"{n['spam']} spam messages and {n['harmless']} harmless ones to test on")
    print(f"{'spammer may':<18} {'false alarm costs':>17} {'harmless stopped':>16} {'spam caught':>11} ", end="")
    print(f"{'after':>7} {'median cost':>11} {'proven':>7}")
    for row in result["rows"]:
        cost = row["median_cost_to_pass"]
        print(
            f"{row['scenario']:<18} {row['false_alarm_costs']:>17} {row['harmless_stopped']:>16.4f} "
            f"{row['caught_before']:>11.4f} {row['caught_after']:>7.4f} "
            f"{'none' if cost is None else format(cost, '.1f'):>11} {row['proven'] or 0:>7.3f}"
        )
    first = result["rows"][0]
    verdict = (
        f"The filter catches {first['caught_before']:.1%} of spam; once spammers add the words that pay, "
        f"{first['caught_after']:.1%}."
    )
    chart = {
        "title": "Spam caught against what the spammer is ready to pay",
        "x_title": "cost a message, in words of five letters",
        "y_title": "share caught",
        "lines": result["curve"],
    }
    columns = ["scenario", "false_alarm_costs", "harmless_stopped", "caught_before", "caught_after"]
    columns += ["median_cost_to_pass", "gain_a_message", "proven"]
    rows = [[row[name] for name in columns] for row in result["rows"]]
    page = {"title": "A spam filter and a spammer who knows it", "verdict": verdict, "charts": [chart]}
    page["charts_title"] = "The more a spammer pays, the more passes"
    page["tables"] = [{"columns": [name.replace("_", " ") for name in columns], "rows": rows}]
    return _write(result, page, out, "dalvi")


@classic.command("biggio")
def biggio(
    model: Annotated[
        list[str] | None, typer.Option("--model", help="linear, rbf, poly or mlp, as often as wanted; all by default.")
    ] = None,
    density: Annotated[float, typer.Option("--density", help="λ, the weight of looking like a harmless 7.")] = 10.0,
    n: Annotated[int, typer.Option("--n", help="Digits attacked, at most 300.")] = 50,
    repeats: Annotated[int, typer.Option("--repeats", help="Random divisions of the data to average over.")] = 3,
    seed: opt.Seed = 0,
    out: opt.Out = None,
) -> int:
    """Turn 3s into what an SVM or a small net takes for 7s, by gradient descent (Biggio et al. 2013)."""
    chosen = {"models": tuple(dict.fromkeys(model))} if model else {}
    result = digits_study(**chosen, density=density, samples=n, repeats=repeats, seed=seed)
    budgets = [point[0] for point in result["curves"][0]["points"]]
    print(
        f"share of {n} 3s still detected at {result['false_alarms']:.1%} false alarms, seed {seed}, {repeats} repeats"
    )
    print(f"{'model':<8} {'knowledge':<9} {'λ':>5}  d_max (L1)" + "".join(f"{budget:>7g}" for budget in budgets))
    for row in result["curves"]:
        shares = "".join(f"{share:>7.3f}" for _, share, _ in row["points"])
        print(f"{row['model']:<8} {row['knowledge']:<9} {row['density']:>5g}            {shares}")
    charts = [
        {
            "title": f"{name}: share detected against d_max (clean accuracy {result['clean'][name]:.1%})",
            "x_title": "d_max, the sum of all changes",
            "y_title": "share detected",
            "lines": [
                {
                    "name": f"{row['knowledge']} knowledge, λ = {row['density']:g}",
                    "points": [p[:2] for p in row["points"]],
                }
                for row in result["curves"]
                if row["model"] == name
            ],
        }
        for name in result["clean"]
    ]
    half = {row["model"]: _half(row["points"]) for row in result["curves"][::-1] if row["knowledge"] == "perfect"}
    words = ", ".join(f"{name} {'never' if d is None else format(d, 'g')}" for name, d in list(half.items())[::-1])
    verdict = f"Smallest d_max tried at which fewer than half of the 3s are detected: {words}."
    page = {"title": "3s that pass for 7s", "verdict": verdict, "charts": charts}
    return _write(result, page | {"charts_title": "The more may change, the less is detected"}, out, "biggio")


def _half(points: list[list[float]]) -> float | None:
    return next((budget for budget, share, _ in points if share < 0.5), None)


def _write(result: dict[str, Any], page: dict[str, Any], out: Path | None, name: str) -> int:
    print(page["verdict"])
    print(f"{result['seconds']:.1f} s")
    folder = out if out is not None else new_run_dir("classic", name)
    result |= {"command": opt.command_line(), "machine": machine(), "date": datetime.date.today().isoformat()}
    write_json(folder / "spec.json", {"versions": versions(), "command": result["command"], "seed": result["seed"]})
    write_json(folder / "result.json", result)
    facts = {key: result[key] for key in ("command", "machine", "date", "seconds", "seed")}
    facts["kicker"] = "sparring · before deep nets"
    print(f"report: {write_report(folder / 'report.html', explain_page(page | facts))}")
    return 0
