"""The directory of an audit: what was asked, and whether it is the run that lies there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparring.attacks import Attack
from sparring.audit._chunks import chunk_path
from sparring.core.runs import read_json, versions, write_json
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel
from sparring.threats import Threat

DECIDES = (
    "model",
    "model_checksum",
    "data",
    "data_checksum",
    "threat",
    "attacks",
    "n",
    "seed",
    "fast",
    "chunk",
    "curve",
)
"""The parts of a spec that decide the figure: a run is resumed only where all of them agree."""


def spec_of(
    model: LoadedModel,
    data: Dataset,
    attacks: Sequence[Attack],
    threat: Threat,
    n: int,
    seed: int,
    fast: bool,
    chunk: int,
    curve: int,
) -> dict[str, Any]:
    """Return what was asked, with the checksums of model and data."""
    return {
        "model": model.text,
        "model_checksum": model.checksum,
        "data": data.name,
        "data_checksum": data.checksum,
        "threat": str(threat),
        "attacks": [str(each) for each in attacks],
        "n": n,
        "seed": seed,
        "fast": fast,
        "chunk": chunk,
        "curve": min(curve, n),
    }


def open_run(folder: Path, spec: dict[str, Any], command: str | None) -> Path:
    """Make a run directory, or go on with the one that holds this very run."""
    path = folder / "spec.json"
    if path.exists():
        before = read_json(path)
        differing = [key for key in DECIDES if before.get(key) != spec[key]]
        if differing:
            key = differing[0]
            raise InputError(
                f"expected {folder} to hold this run or nothing, got one with another {key} "
                f"({_short(before.get(key))}, not {_short(spec[key])}): choose another --out"
            )
        return folder
    if folder.exists() and any(folder.iterdir()) and not (folder / "chunks").exists():
        raise InputError(f"expected an empty or new directory for the run, got {folder} with files in it")
    write_json(path, spec | {"versions": versions(), "command": command})
    return folder


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def chunks_done(folder: str | Path) -> int:
    """Return how many chunks an interrupted run has finished."""
    number = 0
    while chunk_path(Path(folder), number).exists():
        number += 1
    return number
