"""Looks at a generator in training: the images of the same codes each time, how alike they are, and a picture."""

from __future__ import annotations

import io
import math
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from sparring.core.levels import to_bytes
from sparring.core.runs import write_atomic
from sparring.data import Dataset
from sparring.games import Table
from sparring.gan import codes, generate
from sparring.gan.game import GENERATOR
from sparring.gan.nets import Generator
from sparring.train._held import Judge
from sparring.train._kept import Kept
from sparring.types import Images

SAMPLES = 256
"""Codes that are looked at, and real images that they are compared with."""
SHOWN = 64
"""Of them, in the picture."""
TWIN = 0.2
"""Closer than this share of the median distance between nearest real images, two samples are twins."""
GRIDS = "grids"


class Looks:
    """What `Plan.evaluate` asks: figures of samples that belong to fixed codes. It draws nothing and changes nothing.

    `spread`: mean distance between samples, as a share of that between real images. `copies`: the share of samples with
    a twin among the others. `apart`: how far the average's samples are from the weights' own, as a share of the mean
    distance between real images; only where there is an average. Distances are Euclidean, of pixels. A `judge` adds
    `figure`, `noise` and `recall` against held-out images, and `kept` keeps the best.

    Cost: at each look SAMPLES images of the generator and of its average, and their distances; with a judge, as many
    samples as it compares, and its own.
    """

    def __init__(
        self,
        data: Dataset,
        latent: int,
        seed: int,
        folder: Path | None,
        judge: Judge | None = None,
        kept: Kept | None = None,
    ) -> None:
        real = data.images(data.subset(SAMPLES, seed)).flatten(1)
        self._judge, self._kept = judge, kept
        self._codes = codes(max(SAMPLES, judge.n if judge else 0), latent, seed)
        self._spread, nearest = _distances(real)
        self._twin = TWIN * float(nearest.median())
        self._folder = folder

    def __call__(self, table: Table) -> dict[str, float]:
        """Return the figures of this moment, and leave a picture in the run's folder."""
        player = table.players[GENERATOR]
        assert isinstance(player.module, Generator)
        raw, shown = None, player.module
        if player.average is not None:
            assert isinstance(player.average.module, Generator)
            raw, shown = generate(player.module, SAMPLES, z=self._codes[:SAMPLES]), player.average.module
        images = generate(shown, len(self._codes), z=self._codes)
        figures = self._figures(images[:SAMPLES], raw, table)
        if self._judge is not None:
            figures |= self._judge.look(images)
        if self._kept is not None:
            self._kept.take(table, figures)
        return figures

    def _figures(self, images: Images, raw: Images | None, table: Table) -> dict[str, float]:
        spread, nearest = _distances(images.flatten(1))
        figures = {
            "spread": spread / max(self._spread, 1e-12),
            "copies": float((nearest < self._twin).double().mean()),
        }
        if raw is not None:
            away = (images - raw).flatten(1).norm(dim=1).mean()
            figures["apart"] = float(away) / max(self._spread, 1e-12)
        if self._folder is not None and table.group.rank == 0 and images.ndim == 4:
            write_atomic(self._folder / GRIDS / f"{table.images:010d}.png", png(images[:SHOWN]))
        return figures


def _distances(rows: Tensor) -> tuple[float, Tensor]:
    """Return the mean distance between different rows, and each row's distance to the nearest other (n,)."""
    between = torch.cdist(rows.double(), rows.double())
    n = len(rows)
    mean = float(between.sum() / max(1, n * (n - 1)))
    return mean, between.fill_diagonal_(math.inf).amin(1)


def png(images: Images) -> bytes:
    """Return images (n, c, h, w) as one PNG, in rows of about as many as there are columns."""
    n, c, h, w = images.shape
    across = math.ceil(math.sqrt(n))
    down = math.ceil(n / across)
    levels = to_bytes(images if c in (1, 3) else images.mean(1, keepdim=True))
    sheet = torch.zeros(across * down, levels.shape[1], h, w, dtype=torch.uint8)
    sheet[:n] = levels
    sheet = sheet.view(down, across, -1, h, w).permute(0, 3, 1, 4, 2).reshape(down * h, across * w, -1)
    file = io.BytesIO()
    Image.fromarray(sheet.squeeze(-1).numpy()).save(file, "PNG")
    return file.getvalue()
