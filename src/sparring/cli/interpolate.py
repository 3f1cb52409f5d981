"""`sparring interpolate`: images on the way from code to code, on a sheet or as a film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.data import write_png
from sparring.errors import InputError
from sparring.gan import Generator, codes, generate
from sparring.latent import interpolate as run_interpolate
from sparring.latent import invert, sheet, tour, write_film
from sparring.latent._inputs import class_number, images_for
from sparring.latent._sheet import SIDE
from sparring.train import load_generator

FILMS = (".gif", ".mp4")
FILM = 256
"""Pixels that a film is wide, about, where its pictures are small."""


@app.command()
def interpolate(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    pairs: Annotated[int, typer.Option("--pairs", help="Ways from a code to the next: rows of the sheet.")] = 8,
    steps: Annotated[int, typer.Option("--steps", help="Images of each, both ends included.")] = 10,
    out: Annotated[
        Path, typer.Option("--out", help="FILE.png for a sheet; FILE.gif or FILE.mp4 for a film round all codes.")
    ] = Path("interpolation.png"),
    line: Annotated[bool, typer.Option("--line", help="Go straight, and not along the sphere.")] = False,
    start: Annotated[str | None, typer.Option("--from", help="A picture to begin with, which is inverted.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="A picture to end with.")] = None,
    label: Annotated[
        str | None, typer.Option("--class", help="Of a conditional generator: one class, not all in turn.")
    ] = None,
    rate: Annotated[float, typer.Option("--fps", help="Images a second of a film.")] = 10.0,
    seed: opt.Seed = 0,
) -> int:
    """Go from code to code: each row of the sheet begins where the one before ended; a film goes round for ever."""
    if out.suffix not in (".png", *FILMS):
        raise InputError(f"expected --out FILE.png, FILE.gif or FILE.mp4, got {out}")
    if pairs < 1 or steps < 2:
        raise InputError(f"expected --pairs of at least 1 and --steps of at least 2, got {pairs} and {steps}")
    if (start is None) != (end is None):
        raise InputError("expected both --from and --to, got one of them")
    generator = load_generator(run)
    wanted = None if label is None else class_number(generator, run, label)
    if start is not None and end is not None:
        points, found = _ends(generator, start, end, seed)
        wanted = found if wanted is None else wanted
    else:
        points = codes(pairs + 1, generator.latent, seed)
    if out.suffix == ".png":
        labels = torch.full((len(points) - 1,), wanted) if generator.classes and wanted is not None else None
        images = run_interpolate(generator, points[:-1], points[1:], steps, straight=line, labels=labels)
        write_png(out, sheet([list(row) for row in images]))
        print(f"{len(images)} ways of {steps} images: {out}")
        return 0
    way = tour(points, steps - 1, straight=line)
    labels_shown = [wanted] if wanted is not None or not generator.classes else list(range(generator.classes))
    made = torch.stack([_film(generator, way, each) for each in labels_shown], 1)
    side = max(SIDE, FILM // len(labels_shown))
    write_film(out, [sheet([list(tiles)], side) for tiles in made], rate)
    print(f"{len(way)} images round {len(points)} codes, {rate:g} a second: {out}")
    return 0


def _film(generator: Generator, way: Tensor, label: int | None) -> Tensor:
    labels = None if label is None or not generator.classes else torch.full((len(way),), label)
    return generate(generator, len(way), labels=labels, z=way)


def _ends(generator: Generator, start: str, end: str, seed: int) -> tuple[Tensor, int | None]:
    """Return the codes of two pictures, and the class of the first, where there are classes."""
    images = torch.cat([images_for(generator, text, 1, seed).images() for text in (start, end)])
    found = invert(generator, images, seed=seed)
    for text, error in zip((start, end), found.error.tolist(), strict=True):
        print(f"{text}: error {error:.4f}")
    return found.codes, None if found.labels is None else int(found.labels[0])
