"""The run directory of a certification: what was asked, and where its parts lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparring.data import Dataset
from sparring.models import LoadedModel


def spec_of(model: LoadedModel, data: Dataset, **asked: Any) -> dict[str, Any]:
    """Return what was asked, with the checksums of model and data: all of it decides the figures."""
    return {
        "model": model.text,
        "model_checksum": model.checksum,
        "data": data.name,
        "data_checksum": data.checksum,
        **asked,
    }


def part_path(folder: Path, number: int) -> Path:
    """Return where the records of a part lie."""
    return folder / "parts" / f"{number:05d}.json"


def parts_done(folder: Path) -> int:
    """Return how many parts an interrupted run has finished."""
    number = 0
    while part_path(folder, number).exists():
        number += 1
    return number
