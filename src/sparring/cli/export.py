"""`sparring export`: a trained generator as files that others can use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli._app import app
from sparring.export import export as run_export


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    out: Annotated[Path, typer.Option("--out", help="A folder for the files.")] = Path("exported"),
    onnx: Annotated[bool, typer.Option("--onnx/--no-onnx", help="Write an ONNX file too (extra onnx).")] = True,
) -> int:
    """Write a generator as safetensors and ONNX, with a model card, samples, and the report where there is one.

    The ONNX file is compared with torch on 16 codes before it is written.
    """
    found = run_export(run, out, onnx=onnx)
    print(f"{', '.join(found.files)}")
    if found.apart is not None:
        print(f"onnxruntime and torch are at most {found.apart:.1e} apart on 16 codes")
    print(f"card: {found.folder / 'README.md'}")
    return 0
