"""Samples of a problem as a picture, and as a film of a training."""

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
from sparring.latent import sheet
from sparring.modes import Mixture, Problem
from sparring.train._film import gif

Record = dict[str, Any]
FILM, STILL = "samples.gif", "samples.png"

SIDE, DOT, POINTS, ACROSS = 240, 1, 1000, 8
PAPER, CENTER, POINT = (255, 255, 255), (214, 214, 214), (196, 64, 32)


def pictured(problem: Problem) -> str:
    """Return what a picture shows.

    >>> from sparring.modes.problems.ring import Ring
    >>> pictured(Ring())
    'points in their box, on a gray disk of 3σ, and at least a few pixels, at every center'
    """
    if not isinstance(problem, Mixture):
        return f"the first {ACROSS**2}"
    if _flat(problem):
        return "points in their box, on a gray disk of 3σ, and at least a few pixels, at every center"
    return (
        "to the right the mean of the coordinates without noise, upwards the deviation of those with noise, from 0 to "
        "2σ; gray disks are where real ones lie"
    )


def sampled(problem: Problem) -> int:
    """Return how many samples a picture has."""
    return POINTS if isinstance(problem, Mixture) else ACROSS**2


def picture(problem: Problem, x: Tensor) -> Image.Image:
    """Return samples (n, *shape) as a picture of what `pictured` says.

    >>> from sparring.modes.problems.ring import Ring
    >>> picture(Ring(), Ring().draw(10)[0]).size
    (240, 240)
    """
    if not isinstance(problem, Mixture):
        rows = [list(x[i : i + ACROSS]) for i in range(0, min(len(x), sampled(problem)), ACROSS)]
        return Image.fromarray(sheet(rows, side=1).permute(1, 2, 0).numpy())
    centers = problem.centers().float()
    if _flat(problem):
        radius = max(5.0, 3 * problem.sd / problem.half * SIDE / 2)
        return _scatter(problem.boxed(x), problem.boxed(centers), radius)
    points = _profile(problem, x, x[:, : problem.noisy].std(1))
    return _scatter(problem.boxed(points), problem.boxed(_profile(problem, centers, problem.sd)), 5.0)


def _flat(problem: Problem) -> bool:
    return problem.shape == (2,)


def _profile(problem: Mixture, x: Tensor, deviation: Tensor | float) -> Tensor:
    """Return where points (n, d) are along the diagonal, and their noise against the truth's, in the box (n, 2)."""
    noise = torch.as_tensor(deviation).expand(len(x)) / problem.sd
    return torch.stack([x[:, problem.noisy :].mean(1), problem.half * (noise - 1)], 1)


def _scatter(points: Tensor, centers: Tensor, radius: float) -> Image.Image:
    """Return points (n, 2) in [0, 1], y upwards, over disks of so many pixels."""
    drawn = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw = ImageDraw.Draw(drawn)
    for x, y in _pixels(centers):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=CENTER)
    for x, y in _pixels(points):
        draw.rectangle([x, y, x + DOT, y + DOT], fill=POINT)
    return drawn


def _pixels(points: Tensor) -> list[list[float]]:
    places = points.clamp(0, 1) * (SIDE - 1)
    found: list[list[float]] = torch.stack([places[:, 0], SIDE - 1 - places[:, 1]], 1).tolist()
    return found


def png(drawn: Image.Image) -> bytes:
    """Return a picture of few colors as a file."""
    file = io.BytesIO()
    drawn.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


class Film:
    """Leaves a picture of the same codes in `frames/` at every look, named by images trained on; then makes a film."""

    def __init__(self, problem: Problem, folder: Path) -> None:
        self._problem, self._frames = problem, folder / "frames"

    def take(self, images: int, x: Tensor) -> None:
        """Leave a picture of samples."""
        write_atomic(self._frames / f"{images:010d}.png", png(picture(self._problem, x)))

    def finish(self, path: Path) -> None:
        """Make the film of what there is."""
        frames = sorted(self._frames.glob("*.png"))
        if frames:
            write_atomic(path, gif(frames))


def pictures(records: Mapping[str, Sequence[Record]], folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return by problem what to show of each method that has samples: a film where there is one, else a picture."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for problem, methods in records.items():
        for record in methods:
            place = folder / slug(problem) / slug(record["name"])
            files = [path for path in (place / FILM, place / STILL) if path.exists()]
            if files:
                found.setdefault(problem, []).append((record["name"], files[0].read_bytes()))
    return found
