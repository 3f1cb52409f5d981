"""What is to be hardened: an architecture to train from scratch, or a model of the user's to go on with."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from sparring.core.runs import read_json
from sparring.data import Dataset
from sparring.defenses import Defense
from sparring.errors import InputError
from sparring.models import LoadedModel, Trainable, load_model
from sparring.models._load import SPEC, model_folder
from sparring.registry import lookup, parse


@dataclass(frozen=True, eq=False)
class Subject:
    """A net to train: `unit` builds one (None for a module of the user's own), `start` is a copy to go on from."""

    text: str
    unit: Trainable | None
    start: nn.Module | None

    def fresh(self, data: Dataset, defense: Defense, seed: int) -> nn.Module:
        """Return the net to train under a defense, before its first step."""
        if self.unit is None:
            assert self.start is not None
            return trainable(copy.deepcopy(self.start))
        wanted = defense.unit(self.unit)
        if self.start is None:
            return wanted.build(data.shape, len(data.classes), seed=seed)
        return trainable(copy.deepcopy(self.start))


def subject(model: str | Path | nn.Module | LoadedModel | Trainable, data: Dataset, defense: Defense) -> Subject:
    """Read what is to be hardened.

    `model` is an architecture, such as "resnet(width=22)", which is trained from scratch; or anything that
    `load_model` takes and torch can train: a run directory, FILE.py:function, a module. Its weights are gone on with.

    Raises: InputError for models that cannot be trained, and for defenses that need a net of their own kind.
    """
    unit = _architecture(model)
    if unit is not None:
        return Subject(str(unit), unit, None)
    loaded = load_model(model, input_shape=data.shape, classes=data.classes)  # type: ignore[arg-type]
    if loaded.access != "gradient" or loaded.opaque or not any(True for _ in loaded.module.parameters()):
        raise InputError(f"expected a torch network with weights to harden, got {loaded.text}: it cannot be trained")
    if loaded.classes is not None and len(loaded.classes) != len(data.classes):
        raise InputError(
            f"expected data of the model's {len(loaded.classes)} classes, got {len(data.classes)} in {data.name}"
        )
    unit = _unit_of(loaded.text)
    if unit is None and not _is_itself(defense):
        raise InputError(f"expected an architecture such as 'resnet(width=22)' for {defense}, got {loaded.text}")
    if unit is not None and defense.unit(unit) != unit:
        raise InputError(
            f"expected an architecture for {defense}, which trains from scratch, got {loaded.text}: give {unit}"
        )
    return Subject(loaded.text, unit, copy.deepcopy(loaded.module).eval())


def trainable(net: nn.Module) -> nn.Module:
    """Let every weight ask for gradients; a model that is only used may have them frozen."""
    return net.requires_grad_(True)


def _architecture(model: Any) -> Trainable | None:
    if isinstance(model, Trainable):
        return model
    if not isinstance(model, str) or ":" in model or Path(model).exists():
        return None
    try:
        lookup(model.partition("(")[0].strip(), "model")
    except InputError:
        return None
    unit = parse(model, "model")
    return unit if isinstance(unit, Trainable) else None


def _unit_of(text: str) -> Trainable | None:
    """Return the architecture of a run directory, if the model came from one."""
    folder = Path(text)
    if not folder.is_dir():
        return None
    try:
        unit = parse(str(read_json(model_folder(folder) / SPEC).get("model")), "model")
    except InputError:  # weights of a module of the user's own
        return None
    return unit if isinstance(unit, Trainable) else None


def _is_itself(defense: Defense) -> bool:
    """Say whether a defense trains the very net that it is given."""
    probe = parse("cnn", "model")
    assert isinstance(probe, Trainable)
    return defense.unit(probe) == probe
