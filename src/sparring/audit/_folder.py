"""The directory of an audit: what was asked, and what its chunks have left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.attacks import Attack
from sparring.audit._chunks import PICTURED, chunk_path, load_chunk, load_pictures
from sparring.data import Dataset
from sparring.models import LoadedModel
from sparring.threats import Threat


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
    """Return what was asked, with the checksums of model and data: all of it decides the figures."""
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
