"""The run directory of a certification: what was asked, and whether it is the run that lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparring.core.runs import read_json, versions, write_json
from sparring.data import Dataset
from sparring.errors import InputError
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


def open_run(folder: Path, spec: dict[str, Any], command: str | None) -> Path:
    """Make a run directory, or go on with the one that holds this very run."""
    path = folder / "spec.json"
    if path.exists():
        before = read_json(path)
        differing = [key for key in spec if before.get(key) != spec[key]]
        if differing:
            key = differing[0]
            raise InputError(
                f"expected {folder} to hold this run or nothing, got one with another {key} "
                f"({before.get(key)!s:.40}, not {spec[key]!s:.40}): choose another --out"
            )
        return folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"expected an empty or new directory for the run, got {folder} with files in it")
    write_json(path, spec | {"versions": versions(), "command": command})
    return folder


def parts_done(folder: Path) -> int:
    """Return how many parts an interrupted run has finished."""
    number = 0
    while part_path(folder, number).exists():
        number += 1
    return number
