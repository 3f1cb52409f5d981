"""The directory of an audit: what was asked, and whether it is the run that lies there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.attacks import Attack
from sparring.audit._chunks import PICTURED, chunk_path, load_chunk, load_pictures
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
    "protocol",
    "judge",
)
"""The parts of a spec that decide the figure: a run is resumed only where all of them agree."""


def spec_of(
    model: LoadedModel,
    data: Dataset,
    attacks: Sequence[Attack],
    threat: Threat,
    *,
    n: int,
    seed: int,
    fast: bool,
    chunk: int,
    curve: int,
    protocol: str,
    judge: bool,
) -> dict[str, Any]:
    """Return what was asked, with the checksums of model and data."""
    return {
        "model": model.text,
        "model_checksum": model.checksum,
        "data": data.name,
        "data_checksum": data.checksum,
        "threat": str(threat),
        "protocol": protocol,
        "attacks": [str(each) for each in attacks],
        "judge": judge,
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
    while chunk_path(Path(folder) / "chunks", number).exists():
        number += 1
    return number


def gather_pictures(folder: Path, samples: Sequence[dict[str, Any]]) -> tuple[Tensor, Tensor, list[dict[str, Any]]]:
    """Return the broken images that the first chunks kept: originals, adversarials, and their records."""
    known = {r["index"]: r for r in samples}
    originals, adversarials, shown = [], [], []
    for number in range(PICTURED):
        chunk, kept = load_chunk(folder / "chunks", number), load_pictures(folder / "chunks", number)
        if chunk is None or kept is None:
            continue
        originals.append(kept["original"])
        adversarials.append(kept["adversarial"])
        shown += [known[chunk.samples[row]["index"]] for row in kept["rows"].tolist()]
    if not originals:
        return torch.empty(0), torch.empty(0), []
    return torch.cat(originals), torch.cat(adversarials), shown
