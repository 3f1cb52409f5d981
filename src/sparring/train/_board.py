"""A training for TensorBoard: made anew from the log whenever a run goes on, so that nothing is told twice."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from sparring.errors import InputError, missing_extra
from sparring.train._looks import GRIDS

FOLDER = "tensorboard"
APART = ("time", "event", "round", "of", "images", "seconds", "number", "to", "to_images", "why", "ends")
"""What of a record is no figure."""


def needs_tensorboard(folder: Path | None) -> None:
    """Say what is missing for a board: the package, or a directory to write to.

    Raises: InputError, one line.
    """
    if folder is None:
        raise InputError("expected a directory for TensorBoard's files, got none: give out")
    try:
        importlib.import_module("tensorboard")  # torch imports it when it writes
    except ImportError:
        raise missing_extra("tensorboard", "tensorboard") from None


class Board:
    """Scalars of losses and looks by images trained on, and the pictures, under `tensorboard/` in the run.

    TensorBoard's files can only be added to. A run that goes on, or goes back, would tell some rounds twice: so the
    files are written from the log at its first record, and again after each time that it goes back.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._writer = folder, None  # type: tuple[Path, Any]

    def __call__(self, record: dict[str, Any]) -> None:
        """Write a record, or all of the log where this is not simply the next."""
        if record["event"] == "alarm":
            return
        if self._writer is None or record["event"] == "rollback":
            self._begin()
        else:
            self._write(record)
        self._writer.flush()

    def close(self) -> None:
        """End the files; of a run that was over before, write them."""
        if self._writer is None:
            self._begin()
        self._writer.close()

    def _begin(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        if self._writer is not None:
            self._writer.close()
        shutil.rmtree(self._folder / FOLDER, ignore_errors=True)
        self._writer = SummaryWriter(str(self._folder / FOLDER))
        path = self._folder / "log.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            self._write(json.loads(line))

    def _write(self, record: dict[str, Any]) -> None:
        images = int(record["images"])
        if record["event"] == "rollback":
            self._writer.add_text("rollback", f"to {record['to_images']:,} images: {record['why']}", images)
            return
        group = "losses" if record["event"] == "train" else "looks"
        for name, value in record.items():
            if name not in APART:
                self._writer.add_scalar(f"{group}/{name}", value, images)
        grid = self._folder / GRIDS / f"{images:010d}.png"
        if record["event"] == "evaluate" and grid.exists():
            with Image.open(grid) as sheet:
                self._writer.add_image("samples", torch.from_numpy(np.atleast_3d(np.array(sheet))), images,
                                       dataformats="HWC")  # fmt: skip
