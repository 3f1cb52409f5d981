"""`sparring sample-size`: how many samples an audit needs for the interval that is wanted."""

from __future__ import annotations

from typing import Annotated

import typer

from sparring.audit.statistics import LEVEL
from sparring.audit.statistics import sample_size as samples_for
from sparring.cli._app import app


@app.command("sample-size")
def sample_size(
    width: Annotated[float, typer.Option("--width", help="Half the interval's length: 0.02 for ± 2 points.")],
    p: Annotated[float, typer.Option("--p", help="The accuracy expected; 0.5 is the worst case.")] = 0.5,
    level: Annotated[float, typer.Option("--level", help="Confidence level of the interval.")] = LEVEL,
) -> None:
    """Print how many samples make Wilson's interval at most ± WIDTH."""
    print(samples_for(width, p, level))
