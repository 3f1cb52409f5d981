"""`sparring zoo`: train the broken defenses, and show what a careless evaluation says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import ZooMember, train_zoo, zoo


@app.command("zoo")
def zoo_(
    data: Annotated[str, typer.Option("--data", help="A data set with a train and a test part, such as digits.")],
    out: Annotated[Path, typer.Option("--out", help="A folder for the run directories, one a model.")],
    of: Annotated[str, typer.Option("--of", help="The net inside, such as 'cnn(width=8)'.")] = "resnet(width=16)",
    epochs: Annotated[int, typer.Option("--epochs", help="Of each training.")] = 2,
    only: Annotated[list[str] | None, typer.Option("--only", help="A member of the zoo; can be repeated.")] = None,
    threat: opt.ThreatText = "linf(0.1)",
    n: Annotated[int, typer.Option("--n", help="Test samples behind the naive figure, drawn at random.")] = 200,
    seed: opt.Seed = 0,
    quiet: opt.Quiet = False,
) -> None:
    """Put every broken defense around one trained net, and evaluate each as one should not.

    The naive figure is 20 steps of PGD on cross-entropy on the model as it is. What is left standing is not robust:
    `sparring audit --model OUT/NAME` says what it is.
    """
    if ":" in data:
        raise InputError(f"expected a data set that has a train and a test part, got {data!r}: name it without a part")
    train, test = load_data(f"{data}:train"), load_data(f"{data}:test")
    with Bar("zoo", 1 + len(only or zoo()), quiet=quiet) as bar:
        found = train_zoo(
            train, test, out, of=of, epochs=epochs, only=only or (), threat=threat, n=n, seed=seed,
            progress=lambda member: bar.advance(1, f"{member.name}: naive {member.naive:.1%}"),
        )  # fmt: skip
    print(table(found))
    print(f"naive: pgd(steps=20) within {threat} on {found[0].n} samples, each model taken as it is")
    print(f"for the truth: sparring audit --model {out}/NAME --data {data}:test --threat '{threat}'")


def table(members: list[ZooMember]) -> str:
    """Return one line a model: accuracy, what the careless attack leaves standing, and why it could not run."""
    width = max(len(member.name) for member in members)
    lines = [f"{'model':<{width}}   clean   naive"]
    for each in members:
        lines.append(f"{each.name:<{width}}  {each.clean:>6.1%}  {each.naive:>6.1%}  {each.note}".rstrip())
    return "\n".join(lines)
