"""The rounds of a substitute: train on the labels bought so far, step along its slopes, buy the labels there."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import nn

from sparring.core.runs import write_atomic
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import fit
from sparring.surrogates._augment import moved, offspring, parents, sign_of, unlike
from sparring.surrogates._oracle import Oracle
from sparring.surrogates._recipe import Recipe, net_of
from sparring.types import Images, Labels

BATCH = 64
"""Images an update."""
BOUGHT = "bought.safetensors"


def buy(
    oracle: Oracle,
    seeds: Images,
    recipe: Recipe,
    classes: tuple[str, ...],
    *,
    seed: int = 0,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Images, Labels, list[dict[str, Any]]]:
    """Ask the victim about `seeds`, then round by round about images its copy is unsure of, until the books are full.

    Returns images and the victim's labels, in the order they were asked, and one record a round. With a `folder` they
    are kept there after each round, and a killed run goes on from the last. Every round draws from a seed of its own,
    so that it ends with the same set. `progress` is told (labels so far, labels wanted).

    Raises: InputError for more seeds than queries, a victim with more classes than named, or with one answer.

    Cost: at most recipe.queries queries; on the substitute, a short training and one slope an image and round.
    """
    if len(seeds) >= recipe.queries:
        raise InputError(f"expected more queries than seed images, got {recipe.queries} for {len(seeds)}")
    x, labels, records = _read(folder, seeds)
    if len(x) == 0:
        x, labels = seeds, _checked(oracle(seeds), classes)
        _write(folder, x, labels, records)
    while len(x) < recipe.queries:
        number = len(records)
        started = time.perf_counter()
        draws = torch.Generator().manual_seed(child_seed(seed, f"round {number}"))
        batches = -(-len(x) // BATCH)
        lead = learn(recipe.nets[0], x, labels, classes, math.ceil(recipe.steps / batches), recipe.lr, seed)
        chosen = parents(len(x), number, recipe.doublings, recipe.reservoir, draws)
        parent = moved(x[chosen], recipe.move, draws)
        new = offspring(lead, parent, labels[chosen], sign_of(number, recipe.flip) * recipe.step)
        kept = unlike(new, x)[: recipe.queries - len(x)]
        kept = kept[: oracle.affords(new[kept])]
        if len(kept) == 0:  # nothing new to ask; or what earlier runs lost on its way has used up the rest
            break
        new, answers = new[kept], _checked(oracle(new[kept]), classes)
        same = float((answers == labels[chosen[kept]]).double().mean())
        x, labels = torch.cat([x, new]), torch.cat([labels, answers])
        seconds = round(time.perf_counter() - started, 2)
        records.append({"round": number + 1, "new": len(new), "labels": len(x), "kept_label": same, "seconds": seconds})
        _write(folder, x, labels, records)
        if progress is not None:
            progress(len(x), recipe.queries)
    return x, labels, records


def learn(
    net: str, x: Images, labels: Labels, classes: tuple[str, ...], epochs: int, lr: float, seed: int
) -> nn.Module:
    """Return a fresh net that was trained on images and the victim's labels, its weights fixed."""
    module = net_of(net).build(tuple(x.shape[1:]), len(classes), seed=seed)
    with torch.inference_mode(False):
        fit(module, Dataset(x, labels, classes), epochs=epochs, seed=seed, lr=lr, batch_size=BATCH)
    return module.requires_grad_(False)


def _checked(labels: Labels, classes: tuple[str, ...]) -> Labels:
    if int(labels.max()) >= len(classes):
        raise InputError(
            f"expected labels below {len(classes)}, the classes of the data, got {int(labels.max())}: "
            "take data with all of the victim's classes"
        )
    return labels


def _write(folder: Path | None, x: Images, labels: Labels, records: list[dict[str, Any]]) -> None:
    if folder is not None:
        tensors = {"images": x.contiguous(), "labels": labels.contiguous()}
        write_atomic(folder / BOUGHT, save_tensors(tensors, {"rounds": json.dumps(records)}))


def _read(folder: Path | None, seeds: Images) -> tuple[Images, Labels, list[dict[str, Any]]]:
    """Return what an interrupted run has bought, or nothing."""
    path = None if folder is None else folder / BOUGHT
    if path is None or not path.exists():
        return seeds[:0], torch.zeros(0, dtype=torch.int64), []
    try:
        with safe_open(path, framework="pt") as file:
            x, labels, records = file.get_tensor("images"), file.get_tensor("labels"), file.metadata()["rounds"]
    except (SafetensorError, KeyError, TypeError) as error:
        raise InputError(f"expected images and labels in {path}, got {error}: begin in a new --out") from None
    if not torch.equal(x[: len(seeds)], seeds):
        raise InputError(f"expected the run in {folder} to begin with the same images, got others: take a new --out")
    return x, labels, json.loads(records)
