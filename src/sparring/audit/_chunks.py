"""An audit's unit of work: a fixed chunk of samples, finished whole, written whole, never done twice.

Chunks do not depend on the batch size, on the number of processes or on where a run was cut, and every sample brings
its own random numbers: so the figure is the same however the work was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from sparring.attacks import Attack, attack
from sparring.attacks._run import default_batch_size
from sparring.core.runs import read_json, write_atomic, write_json
from sparring.threats import Threat
from sparring.types import Images, Labels
from sparring.victims.base import Victim

PICTURES = 8
"""Broken samples that a chunk keeps as pictures for the report."""
PICTURED = 4
"""Chunks that keep pictures: the report shows a few, whatever the number of samples."""


@dataclass(frozen=True)
class Chunk:
    """What one chunk came to: a record a sample, and the cost of each attack."""

    samples: list[dict[str, Any]]
    attacks: list[dict[str, Any]]


@dataclass(frozen=True)
class Work:
    """What is done to every chunk."""

    victim: Victim
    attacks: Sequence[Attack]
    threat: Threat
    seed: int
    batch_size: int | None
    allow_probabilities: bool = False


def chunk_size(sample: Images) -> int:
    """Return how many samples are finished before they are written down: a few minutes' work at the most."""
    return default_batch_size(sample[None])


def run_chunk(work: Work, x: Images, y: Labels, indices: Tensor) -> tuple[Chunk, dict[str, Tensor]]:
    """Run each attack on what the ones before left standing (T38); return the chunk and a few broken images."""
    n = len(x)
    standing = torch.ones(n, dtype=torch.bool)
    records: list[dict[str, Any]] = [{} for _ in range(n)]
    costs, kept = [], x.clone()
    for method in work.attacks:
        rows = standing.nonzero()[:, 0]
        cost = {"name": method.name(), "text": str(method), "samples": 0, "broke": 0}
        costs.append(cost | {"forwards": 0, "backwards": 0, "seconds": 0.0, "flat": 0})
        if len(rows) == 0:
            continue
        found = attack(
            work.victim, x[rows], y[rows], method, work.threat, seed=work.seed, batch_size=work.batch_size,
            allow_probabilities=work.allow_probabilities,
        )  # fmt: skip
        before, after = found.logits_before.float(), found.logits.float()
        for place, row in enumerate(rows.tolist()):
            if not records[row]:
                records[row] = {
                    "index": int(indices[row]),
                    "label": int(y[row]),
                    "clean": int(before[place].argmax()),
                    "clean_confidence": round(float(before[place].softmax(0).amax()), 6),
                    "broken_by": None,
                }
            if found.success[place] and found.clean_correct[place]:
                records[row] |= {
                    "broken_by": method.name(),
                    "becomes": int(after[place].argmax()),
                    "confidence": round(float(after[place].softmax(0).amax()), 6),
                    "distance": float(found.distance[place]),
                }
        costs[-1] |= {
            "samples": int(found.clean_correct.sum()),
            "broke": int((found.success & found.clean_correct).sum()),
            "forwards": int(found.forwards.sum()),
            "backwards": int(found.backwards.sum()),
            "seconds": found.seconds,
            "flat": int((found.flat & ~found.success).sum()),
        }
        kept[rows] = found.images
        standing[rows[found.success]] = False
    broken = torch.tensor([r for r, record in enumerate(records) if record["broken_by"]][:PICTURES], dtype=torch.int64)
    return Chunk(records, costs), {"rows": broken, "original": x[broken], "adversarial": kept[broken]}


def chunk_path(folder: Path, number: int) -> Path:
    """Return where a chunk's records lie."""
    return folder / f"{number:05d}.json"


def save_chunk(folder: Path, number: int, chunk: Chunk, pictures: dict[str, Tensor]) -> None:
    """Write a chunk; the records go last, so a chunk with records is whole."""
    path = chunk_path(folder, number)
    if number < PICTURED:
        tensors = {name: value.contiguous() for name, value in pictures.items()}
        write_atomic(path.with_suffix(".safetensors"), save_tensors(tensors))
    write_json(path, {"samples": chunk.samples, "attacks": chunk.attacks})


def load_chunk(folder: Path, number: int) -> Chunk | None:
    """Return a chunk that was finished before, or None."""
    path = chunk_path(folder, number)
    if not path.exists():
        return None
    content = read_json(path)
    return Chunk(content["samples"], content["attacks"])


def load_pictures(folder: Path, number: int) -> dict[str, Tensor] | None:
    """Return the pictures that a chunk kept, or None."""
    path = chunk_path(folder, number).with_suffix(".safetensors")
    return load_tensors(path.read_bytes()) if path.exists() else None
