"""`sparring sample`: images from a trained generator."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.core.levels import to_bytes
from sparring.core.runs import write_atomic
from sparring.errors import InputError
from sparring.gan import generate
from sparring.train import load_generator
from sparring.train._looks import png


@app.command()
def sample(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    n: Annotated[int, typer.Option("--n", help="How many images.")] = 64,
    out: Annotated[
        Path, typer.Option("--out", help="FILE.png for one sheet, FILE.npz for an array, or a folder of pictures.")
    ] = Path("samples.png"),
    which: Annotated[
        str, typer.Option("--which", help="best, last, or the images of one that was kept, such as 64000.")
    ] = "best",
    seed: opt.Seed = 0,
) -> int:
    """Draw images from a trained generator: the same seed gives the same images, however many."""
    if n < 1:
        raise InputError(f"expected --n of at least 1, got {n}")
    images = generate(load_generator(run, which), n, seed=seed)
    if out.suffix == ".npz":
        file = io.BytesIO()
        np.savez_compressed(file, images=to_bytes(images).numpy())
        write_atomic(out, file.getvalue())
    elif images.ndim != 4:
        raise InputError(f"expected --out FILE.npz for samples that are no pictures, got {out}")
    elif out.suffix == ".png":
        write_atomic(out, png(images))
    else:
        for number, image in enumerate(images):
            write_atomic(out / f"{number:06d}.png", png(image[None]))
    print(f"{n} images: {out}")
    return 0
