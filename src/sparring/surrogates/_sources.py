"""Models to attack from: trained here, on all the data or each on a half that the other never sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from sparring.core.runs import read_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel, accuracy, fit, load_model, save_model
from sparring.surrogates._recipe import net_of

Told = Callable[[str, float], None]
"""Called with a model's name and its accuracy on the images it was trained on."""


def train_all(
    nets: Sequence[str],
    data: Dataset,
    *,
    halves: bool = False,
    epochs: int = 12,
    seed: int = 0,
    folder: Path | None = None,
    progress: Told | None = None,
) -> list[LoadedModel]:
    """Train each architecture, with weights and order of its own, for whoever studies how attacks carry over.

    With `halves` each is trained twice, on two random halves of the data with no image in common; the halves are the
    same for all. With a `folder` every model is kept there as `save_model` does, and taken from there the next time.

    Raises: InputError for a net that has no such architecture, data without labels, or a kept model of other making.

    Cost: epochs forward and backward passes an image and model.

    Source: Szegedy et al. 2014, arXiv 1312.6199, section 4.2 (disjoint halves).

    >>> from sparring.data import load_data
    >>> models = train_all(["linear"], load_data("digits:train"), halves=True, epochs=1)
    >>> [model.text for model in models]
    ['linear, half 1', 'linear, half 2']
    """
    if data.labels is None:
        raise InputError(f"expected labels in {data.name} to train on, got none")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(child_seed(seed, "halves")))
    middle = len(data) // 2
    parts = {", half 1": order[:middle], ", half 2": order[middle:]} if halves else {"": torch.arange(len(data))}
    made: list[LoadedModel] = []
    for place, net in enumerate(nets):
        unit = net_of(net)
        for half, rows in parts.items():
            name = f"{unit}{half}"
            own = child_seed(seed, f"{place} {name}") % 2**31
            about = {"data": data.name, "data_checksum": data.checksum, "epochs": epochs, "seed": own, "half": half}
            home = None if folder is None else folder / f"{len(made):02d}-{_slug(name)}"
            if home is not None and (home / "spec.json").exists():
                spec = read_json(home / "spec.json")
                if any(spec.get(key) != value for key, value in about.items()) or spec.get("model") != str(unit):
                    raise InputError(
                        f"expected {name} as trained by this command in {home}, got another: take a new --out"
                    )
                module = load_model(home).module
            else:
                x, y = data.take(rows)
                part = Dataset(x, y, data.classes)
                module = unit.build(data.shape, len(data.classes), seed=own)
                fit(module, part, epochs=epochs, seed=own)
                if home is not None:
                    save_model(home, unit, module, input_shape=data.shape, classes=data.classes, **about)
                if progress is not None:
                    progress(name, accuracy(module, part))
            loaded = load_model(module, input_shape=data.shape, classes=data.classes)
            made.append(LoadedModel(module, name, data.classes, data.shape, loaded.checksum))
    return made


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
