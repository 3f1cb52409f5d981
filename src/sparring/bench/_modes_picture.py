"""Points on a square, as a picture, and as a film of a training."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from sparring.bench._gans_trial import slug
from sparring.core.runs import write_atomic
from sparring.modes import Mixture, Problem
from sparring.registry import parse_as
from sparring.train._film import gif

Record = dict[str, Any]
FILM = "samples.gif"

SIDE, DOT = 240, 1
PAPER, CENTER, POINT = (255, 255, 255), (214, 214, 214), (196, 64, 32)


def scatter(problem: Problem, x: Tensor) -> Image.Image:
    """Return points (n, 2) in their box, with a gray disk of 3σ, and at least a few pixels, at every center.

    >>> from sparring.modes.problems.ring import Ring
    >>> scatter(Ring(), Ring().draw(10)[0]).size
    (240, 240)
    """
    picture = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw = ImageDraw.Draw(picture)
    if isinstance(problem, Mixture):
        radius = max(5.0, 3 * problem.sd / problem.half * SIDE / 2)
        for place in _pixels(problem, problem.centers().float()):
            draw.ellipse([place[0] - radius, place[1] - radius, place[0] + radius, place[1] + radius], fill=CENTER)
    for place in _pixels(problem, x):
        draw.rectangle([place[0], place[1], place[0] + DOT, place[1] + DOT], fill=POINT)
    return picture


def png(picture: Image.Image) -> bytes:
    """Return a picture of few colors as a file."""
    file = io.BytesIO()
    picture.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


class Scatter:
    """Leaves a picture of the same codes in `frames/` at every look, named by images trained on; then makes a film."""

    def __init__(self, problem: Problem, folder: Path) -> None:
        self._problem, self._frames = problem, folder / "frames"

    def take(self, images: int, x: Tensor) -> None:
        """Leave a picture of points (n, 2)."""
        write_atomic(self._frames / f"{images:010d}.png", png(scatter(self._problem, x)))

    def finish(self, path: Path) -> None:
        """Make the film of what there is."""
        write_atomic(path, gif(sorted(self._frames.glob("*.png"))))


def pictures(records: Mapping[str, Sequence[Record]], folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return by problem what to show of each method that has points: a film where there is one, else a picture."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for problem, methods in records.items():
        unit = parse_as(Problem, problem)
        for record in methods:
            if not record.get("points"):
                continue
            film = folder / slug(problem) / slug(record["name"]) / FILM
            shown = film.read_bytes() if film.exists() else png(scatter(unit, torch.tensor(record["points"])))
            found.setdefault(problem, []).append((record["name"], shown))
    return found


def _pixels(problem: Problem, x: Tensor) -> list[list[float]]:
    """Return where points are on the picture, y upwards."""
    places = problem.boxed(x).clamp(0, 1) * (SIDE - 1)
    places[:, 1] = SIDE - 1 - places[:, 1]
    found: list[list[float]] = places.tolist()
    return found
