"""What `sparring attack` is pointed at: pictures or a data set, then perhaps the attack."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from sparring.attacks import Attack
from sparring.audit._audit import align_names
from sparring.data import Dataset, load_data, read_image
from sparring.errors import InputError
from sparring.models import LoadedModel, align, find_class, load_model
from sparring.registry import parse_as, units
from sparring.types import Images, Labels
from sparring.victims.base import Victim

DEFAULT = "pgd(steps=100)"
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}


@dataclasses.dataclass(frozen=True, eq=False)
class Work:
    """Samples to attack: images (n, *chw), labels if known, one file or index a sample, and the model."""

    model: LoadedModel
    victim: Victim
    x: Images
    y: Labels | None
    target: int | None
    names: tuple[str, ...]
    files: list[str]
    stems: list[str]
    text: str
    pictures: bool


def attack_and_work(what: list[str]) -> tuple[Attack, list[str]]:
    """Split the arguments into the attack, which comes last if at all, and what it is run on."""
    *rest, last = what
    head = last.partition("(")[0].strip()
    is_unit = head.replace("-", "_") in {name.replace("-", "_") for name in units("attack")}
    if is_unit or (rest and not _exists(last)):
        if not rest:
            raise InputError(f"expected pictures or a data set to run {last} on, got none: give them first")
        return parse_as(Attack, last), rest
    return parse_as(Attack, DEFAULT), what


def _exists(text: str) -> bool:
    return Path(text).exists() or Path(text).suffix.lower() in SUFFIXES


def gather(
    sources: list[str],
    model: str,
    *,
    n: int | None,
    seed: int,
    size: int | None,
    channels: int | None,
    target: str | None,
    label: str | None,
    fast: bool = True,
) -> Work:
    """Load the model and what it is attacked on; pictures are resized to what the model takes."""
    pictures = all(Path(source).suffix.lower() in SUFFIXES for source in sources)
    if not pictures and len(sources) > 1:
        raise InputError(f"expected pictures, or one data set, before the attack, got {len(sources)} arguments")
    if pictures:
        loaded = load_model(model)
        shape = loaded.input_shape
        side = size if size is not None or shape is None else (shape[-2], shape[-1])
        depth = channels if channels is not None or shape is None else shape[0]
        files = [read_image(source, side, depth) for source in sources]
        if len({tuple(each.shape) for each in files}) > 1:
            raise InputError("expected pictures of one size, got several: give --size")
        data = Dataset(torch.stack(files), name=", ".join(sources), files=tuple(sources))
        if shape is None:
            loaded = load_model(loaded, input_shape=data.shape)  # what a plain function shows is seen on its input
    else:
        data = load_data(sources[0], size=size, channels=channels)
        loaded = load_model(model, input_shape=data.shape, classes=data.classes or None)
        data = align(data, loaded.classes)
    index = data.subset(n if n is not None else len(data), seed)
    x, y = data.images(index), None if data.labels is None else data.labels[index]
    victim = loaded.victim(fast=fast)
    with victim.frozen():
        classes = victim.answer(x[:1]).shape[-1]
    names = align_names(loaded, data, classes)
    aim = None if target is None else find_class(target, names)
    if label is not None:
        if y is not None:
            raise InputError("expected --label for pictures without labels, got it for data that has them")
        y = torch.full((len(x),), find_class(label, names), dtype=torch.int64)
    if aim is not None and y is not None and not pictures:
        keep = y != aim
        if not bool(keep.any()):
            raise InputError(f"expected samples of other classes than the target {target!r}, got none")
        x, y, index = x[keep], y[keep], index[keep]
    files_ = [data.files[i] if data.files else str(i) for i in index.tolist()]
    stems = [Path(name).stem if pictures else f"{place:04d}" for place, name in enumerate(files_)]
    if len(set(stems)) < len(stems):
        stems = [f"{place:04d}-{stem}" for place, stem in enumerate(stems)]
    return Work(loaded, victim, x, y, aim, names, files_, stems, data.name, pictures)
