"""The film of a game of one number: a picture every so often while it is played, and a GIF of them in the end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sparring.core.runs import write_atomic
from sparring.data import Dataset
from sparring.games import Batch, Game, Rule, Table
from sparring.gan.losses import GanLoss
from sparring.train._curves import curves
from sparring.train._frames import Frames

PICTURES, FILM = "frames", "game.gif"
MOST = 80
"""Pictures of a whole training, besides that of its beginning."""
SLOW, QUICK, LAST = 250, 90, 3000
"""Milliseconds that the first dozen pictures are shown, those after them, and the last."""


class Film:
    """Leaves a picture in `frames/` at MOST + 1 moments of a training, and makes `game.gif` of them.

    The moments are rounds that depend on `rounds` alone, and each picture has the name of the images trained on: a run
    that was killed draws again what comes again, and its film is that of one that was not (G26). Rounds that were gone
    back from are not in it.

    Cost: at each moment that of `curves`, and a picture.
    """

    def __init__(self, loss: GanLoss, data: Dataset, rounds: int, folder: Path) -> None:
        self._loss, self._data, self._folder, self._frames = loss, data, folder, Frames()
        self._due = {round(place * rounds / MOST) for place in range(MOST + 1)}

    def look(self, table: Table) -> None:
        """Leave a picture, if it is time for one."""
        if table.group.rank == 0 and table.round in self._due:
            picture = self._frames.png(curves(self._loss, table, self._data))
            write_atomic(self._folder / PICTURES / f"{table.images:010d}.png", picture)

    def finish(self, table: Table) -> None:
        """Make the film of what there is now, after the last round or when the training ends before it."""
        self.look(table)
        if table.group.rank == 0:
            paths = sorted((self._folder / PICTURES).glob("*.png"))
            shown = [path for path in paths if int(path.stem) <= table.images]
            for path in paths[len(shown) :]:
                path.unlink()
            if shown:
                write_atomic(self._folder / FILM, gif(shown))


@dataclass(frozen=True)
class Filmed(Rule):
    """Another rule, at whose rounds a film looks before they are played.

    Not in the looks of a training, since these are told and chosen by: with a film or without, all of it is the same.
    """

    rule: Rule
    film: Film

    @property
    def batches(self) -> int:
        """Those of the other rule."""
        return self.rule.batches

    def play(self, table: Table, game: Game, batches: Sequence[Batch]) -> None:
        """Look, then play as the other rule does."""
        self.film.look(table)
        self.rule.play(table, game, batches)


def gif(paths: Sequence[Path]) -> bytes:
    """Return pictures in order as a GIF that is shown over and over; the last stays for a while."""
    pictures = []
    for path in paths:
        with Image.open(path) as picture:
            pictures.append(picture.copy())
    shown = [SLOW if place < 12 else QUICK for place in range(len(pictures))]
    shown[-1] = LAST
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=shown, loop=0)
    return file.getvalue()


def can_be_filmed(data: Dataset) -> bool:
    """Say whether samples are single numbers.

    >>> import torch
    >>> can_be_filmed(Dataset(torch.rand(9, 1))), can_be_filmed(Dataset(torch.rand(9, 1, 8, 8)))
    (True, False)
    """
    return data.shape == (1,)
