"""A guarded model as a run directory: the classifier inside, and beside it what the guard has learned.

A guard ranks above models, so it is found by its name: nothing of it is code, all is in its state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from sparring.core.runs import read_json, write_atomic, write_json
from sparring.core.tensors import stored
from sparring.errors import InputError
from sparring.models._loaded import LoadedModel, checksum
from sparring.registry import Unit, parse

SPEC, STATE, CLASSIFIER = "spec.json", "guard.safetensors", "classifier"


class _Restores(Protocol):
    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded model."""


def is_guarded(folder: Path) -> bool:
    """Say whether a run directory holds a guarded model."""
    spec = read_json(folder / SPEC) if (folder / SPEC).exists() else None
    return isinstance(spec, dict) and "guard" in spec


def save_guarded(
    folder: str | Path, guard: Unit, module: nn.Module, classifier: LoadedModel, home: Path | None, **more: Any
) -> Path:
    """Write a guard's state and what it is around; `load_model(folder)` is the inverse.

    A classifier that `home` holds, the folder of its spec and weights, is copied to `classifier/`; one by name is
    named. One of the user's own code is named too, and has to be given again, as `FILE.py:function@folder`: a file
    does not decide which code runs. `more` goes into spec.json as it is.

    Raises: InputError for a classifier whose classes or input shape are not known.
    """
    if classifier.classes is None or classifier.input_shape is None:
        raise InputError(f"expected the classes and the input shape of {classifier.text}, got none: load it with data")
    folder, source = Path(folder), None if home is None else read_json(home / SPEC)
    write_atomic(folder / STATE, save_tensors(stored(module)))
    if source is not None:
        write_atomic(folder / CLASSIFIER / "model.safetensors", save_tensors(stored(classifier.module)))
        write_json(folder / CLASSIFIER / SPEC, source | {"checksum": checksum(classifier.module)})
    spec = {
        "guard": str(guard),
        "classifier": CLASSIFIER if source is not None else classifier.text,
        "model": str(source["model"]) if source is not None else classifier.text,
        "input_shape": list(classifier.input_shape),
        "num_classes": len(classifier.classes),
        "classes": list(classifier.classes),
        "classifier_checksum": classifier.checksum,
        "checksum": checksum(module),
        **more,
    }
    write_json(folder / SPEC, spec)  # last: a folder with a spec is whole
    return folder


def load_guarded(
    folder: Path, load: Callable[[str], LoadedModel], classifier: LoadedModel | None = None
) -> LoadedModel:
    """Return a guarded model from its run directory, around the classifier in it or the one that is given."""
    spec = read_json(folder / SPEC)
    try:
        name, shape = str(spec["classifier"]), tuple(map(int, spec["input_shape"]))
        classes, guard = tuple(map(str, spec["classes"])), cast(_Restores, parse(str(spec["guard"]), "guard"))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"expected the spec of a guarded model in {folder / SPEC}, got {error!r}") from None
    if classifier is None:
        if name == CLASSIFIER:
            classifier = load(str(folder / CLASSIFIER))
        elif ":" in name or not name.replace("-", "").replace("_", "").isalnum():
            raise InputError(
                f"expected the code that builds the classifier in {folder}, got the folder alone: give {name}@{folder}"
            )
        else:
            classifier = load(name)
    if classifier.checksum != spec["classifier_checksum"]:
        raise InputError(
            f"expected the classifier that {folder} was made for, got other weights in {classifier.text}: "
            "make the guard again, with sparring guard"
        )
    try:
        module = guard.restore(classifier.module, load_tensors((folder / STATE).read_bytes())).eval()
    except FileNotFoundError:
        raise InputError(f"expected the guard's state at {folder / STATE}, got nothing there") from None
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"expected the state of {guard} in {folder / STATE}, got {reason}") from None
    found = checksum(module)
    if spec.get("checksum", found) != found:
        raise InputError(f"expected the state that {folder / SPEC} describes, got another: make the guard again")
    return LoadedModel(module, str(folder), classes, shape, found, classifier=classifier.module)
