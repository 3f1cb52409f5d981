"""Pictures of a game of one number."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
from PIL import Image

from sparring.train._curves import Curves

GRAY, GREEN, BLUE = "#8a8f98", "#1a8f5a", "#2f6fd0"
WIDE, HIGH = 600, 480
"""Pixels of a picture."""
SHADES = 12
"""Colors between two that meet in a picture."""


class Frames:
    """Draws one picture a moment, all to the scale of the first: the discriminator, the densities, and how codes go.

    No global state of matplotlib is touched, and equal curves give equal files.
    """

    def __init__(self) -> None:
        self._canvas: Any = None

    def png(self, moment: Curves) -> bytes:
        """Return the picture of a moment as a PNG of WIDE × HIGH pixels."""
        if self._canvas is None:
            self._prepare(moment)
        self._title.set_text(f"{moment.images:,} images")
        if moment.best is not None:
            self._best.set_data(moment.x.numpy(), moment.best.numpy())
        self._judged.set_data(moment.x.numpy(), moment.judged.numpy())
        self._made.set_data(moment.x.numpy(), moment.made.numpy())
        starts, ends = moment.ends if moment.starts is None else moment.starts, moment.ends
        self._moves.set_segments([((a, 0), (b, 1)) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
        self._canvas.draw()
        file = io.BytesIO()
        picture = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
        picture.quantize(palette=palette(), dither=Image.Dither.NONE).save(file, "PNG")
        return file.getvalue()

    def _prepare(self, moment: Curves) -> None:
        """Lay out all that stays, and curves that are still empty."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.collections import LineCollection
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDE / 100, HIGH / 100), dpi=100)
        self._canvas = FigureCanvasAgg(figure)
        ratios = {"height_ratios": (2, 3, 1.2), "left": 0.1, "right": 0.97, "top": 0.9, "bottom": 0.1, "hspace": 0.3}
        judge, densities, moves = figure.subplots(3, 1, sharex=True, gridspec_kw=ratios)
        self._title = figure.text(0.97, 0.945, "", ha="right", fontsize=10)
        known = moment.best is not None
        name = "D(x)" if known else "scores of D, centered and scaled"
        (self._judged,) = judge.plot([], [], color=BLUE, lw=2, label=name)
        if known:
            (self._best,) = judge.plot([], [], color=GRAY, ls=(0, (4, 2)), lw=1.4, label="the best D, p / (p + q)")
        judge.axhline(0.5, color=GRAY, lw=0.6)
        judge.set(ylim=(-0.02, 1.02), yticks=(0, 0.5, 1), ylabel="real?")
        densities.fill_between(moment.x.numpy(), moment.data.numpy(), color=GRAY, alpha=0.45, lw=0, label="data, p")
        (self._made,) = densities.plot([], [], color=GREEN, lw=2, label="generator, q")
        densities.set(ylim=(0, 2 * float(moment.data.max())), ylabel="density")
        self._moves = LineCollection([], colors=GREEN, linewidths=0.8)
        moves.add_collection(self._moves)
        moves.set(xlim=(0, 1), ylim=(0, 1), yticks=(0, 1), xlabel="x")
        moves.set_yticklabels(("z" if moment.starts is not None else "", "G(z)"))
        for panel in (judge, densities):
            panel.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncols=2, fontsize=8, frameon=False, borderpad=0)
        for panel in (judge, densities, moves):
            panel.spines[["top", "right"]].set_visible(False)


@functools.cache
def palette() -> Image.Image:
    """Return an image with the colors of all pictures: each on white and on the gray area, and what lies between."""
    white, area = np.full(3, 255.0), 255 + 0.45 * (_rgb(GRAY) - 255)
    meet = [
        (_rgb("#000000"), white),
        (_rgb(GRAY), white),
        *((_rgb(c), on) for c in (GREEN, BLUE) for on in (white, area)),
    ]
    steps = np.linspace(0, 1, SHADES)[:, None]
    colors = np.concatenate([color + steps * (on - color) for color, on in meet]).round().astype(int)
    image = Image.new("P", (1, 1))
    image.putpalette(colors.flatten().tolist())
    return image


def _rgb(text: str) -> np.ndarray:
    return np.array([int(text[place : place + 2], 16) for place in (1, 3, 5)], dtype=float)
