"""Options that several commands share, so that each is worded once."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str,
    typer.Option(
        "--model",
        help="efficientnet-lite0, FILE.py:function, package.module:function, a run directory, FILE.onnx, "
        "or an HTTP endpoint's FILE.json or FILE.yaml.",
    ),
]
Data = Annotated[
    str,
    typer.Option("--data", help="digits, mnist5k, fashion-mnist[:train|:test], FOLDER, FILE.npz or FILE.py:function."),
]
ThreatText = Annotated[
    str, typer.Option("--threat", help="What the attacker may do, such as 'linf(8/255)' or 'l2(0.5)'.")
]
Seed = Annotated[int, typer.Option("--seed", help="Decides every random number, sample by sample.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run directory; by default the next one in runs/.")]
Batch = Annotated[int | None, typer.Option("--batch-size", help="Samples a pass; changes speed, not figures.")]
Fast = Annotated[
    bool, typer.Option("--fast/--no-fast", help="Run passes on a fast twin; successes are confirmed anyway.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the result.")]
Size = Annotated[int | None, typer.Option("--size", help="Resize every picture to this many pixels a side.")]
Channels = Annotated[int | None, typer.Option("--channels", help="Make pictures gray (1) or RGB (3).")]


def command_line() -> str:
    """Return the command as typed, to be repeated."""
    return shlex.join(["sparring", *sys.argv[1:]])
