"""`sparring zoo`: train the broken defenses, and show what a careless evaluation says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.bench._zoo import audit_zoo, trained_zoo, zoo_table
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import write_atomic
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
    audited: Annotated[
        bool, typer.Option("--audit", help="Audit every member too, and attack the net inside as an insider would.")
    ] = False,
    trained: Annotated[bool, typer.Option("--trained", help="Take the zoo that lies in --out, train nothing.")] = False,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="With --audit: write the table there.")] = None,
    quiet: opt.Quiet = False,
) -> None:
    """Put every broken defense around one trained net, and evaluate each as one should not.

    The naive figure is 20 steps of PGD on cross-entropy on the model as it is. What is left standing is not robust:
    `sparring audit --model OUT/NAME` says what it is.
    """
    if ":" in data:
        raise InputError(f"expected a data set that has a train and a test part, got {data!r}: name it without a part")
    train, test = load_data(f"{data}:train"), load_data(f"{data}:test")
    if markdown is not None and not audited:
        raise InputError("expected --audit with --markdown, got none: the table is the audit's")
    with Bar("zoo", 1 + len(only or zoo()), quiet=quiet) as bar:
        found = trained_zoo(out) if trained else train_zoo(
            train, test, out, of=of, epochs=epochs, only=only or (), threat=threat, n=n, seed=seed,
            progress=lambda member: bar.advance(1, f"{member.name}: naive {member.naive:.1%}"),
        )  # fmt: skip
    wanted = {"base", *(name.replace("_", "-") for name in only or ())}
    found = [each for each in found if not only or each.name in wanted]
    print(table(found))
    print(f"naive: pgd(steps=20) within {threat} on {found[0].n} samples, each model taken as it is")
    if audited:
        with Bar("audits", len(found), quiet=quiet) as bar:
            rows = audit_zoo(
                found, test, threat, n=n, seed=seed,
                progress=lambda row: bar.advance(1, f"{row.name}: {row.audited:.1%}, {row.verdict}"),
            )  # fmt: skip
        written = zoo_table(rows, data=test.name, threat=threat, command=opt.command_line())
        print(written)
        if markdown is not None:
            write_atomic(markdown, written)
        return
    print(f"for the truth: sparring audit --model {out}/NAME --data {data}:test --threat '{threat}'")


def table(members: list[ZooMember]) -> str:
    """Return one line a model: accuracy, what the careless attack leaves standing, and why it could not run."""
    width = max(len(member.name) for member in members)
    lines = [f"{'model':<{width}}   clean   naive"]
    for each in members:
        lines.append(f"{each.name:<{width}}  {each.clean:>6.1%}  {each.naive:>6.1%}  {each.note}".rstrip())
    return "\n".join(lines)
