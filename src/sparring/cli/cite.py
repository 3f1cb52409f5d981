"""`sparring cite UNIT`: the BibTeX of what a unit uses."""

from __future__ import annotations

from typing import Annotated

import typer

from sparring.cli._app import app
from sparring.core.citations import cite as bibtex
from sparring.registry import parse


@app.command()
def cite(unit: Annotated[str, typer.Argument(help="A unit, such as 'pgd(steps=40)'.")]) -> None:
    """Print the BibTeX of the papers behind a unit."""
    print(bibtex(parse(unit)))
