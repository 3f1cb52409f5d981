"""The text of `--model` → a model, and a trained one → a run directory."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from sparring.core.runs import read_json, write_atomic, write_json
from sparring.core.tensors import stored
from sparring.data._code import call, find_in_code
from sparring.errors import InputError, did_you_mean
from sparring.models._foreign import load_black_box, load_endpoint, load_estimator, load_onnx, see_access
from sparring.models._guarded import is_guarded, load_guarded
from sparring.models._loaded import CallableModel, LoadedModel, checksum
from sparring.models.base import Pretrained, Trainable
from sparring.registry import parse, units
from sparring.victims.black_box import BlackBox
from sparring.victims.scikit_learn import is_estimator

SPEC, WEIGHTS, HARDENED = "spec.json", "model.safetensors", "hardened"


def load_model(
    text: str | Path | nn.Module | LoadedModel,
    *,
    input_shape: tuple[int, ...] | None = None,
    classes: Sequence[str] | None = None,
) -> LoadedModel:
    """Load what a text names, for any command that takes a model.

    `text` is one of
        NAME                      a network with weights: `sparring list model` shows them
        RUN_DIR                   the folder that `save_model` or `sparring guard` wrote, such as the demo's digits/
        FILE.py:name              in a file of yours: a function without arguments that returns an
        package.module:name       nn.Module, a fitted scikit-learn classifier or a BlackBox; a module; or a function
                                  images → logits, in torch or numpy, or images → labels
        FILE.py:name@RUN_DIR      the same, with the weights that `harden` left in its run directory
        FILE.onnx                 a network for onnxruntime, input and output read from the file
        FILE.json or FILE.yaml    the description of an HTTP endpoint
    or an nn.Module. It takes images in [0, 1]: normalization belongs inside. `input_shape` and `classes`
    are those of the data; they fill in what the model does not say itself.

    Networks by name and from run directories come in eval mode; the user's own stay as they are.

    Raises: InputError for what does not exist or load, and when the model takes another shape than the data's.

    >>> load_model(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), classes=["cat", "dog"])
    LoadedModel(Sequential: any shape in, 2 classes out)
    """
    model = _load(text)
    if input_shape and model.input_shape and tuple(input_shape) != model.input_shape:
        takes, got = ("x".join(map(str, shape)) for shape in (model.input_shape, input_shape))
        channels, side = model.input_shape[0], model.input_shape[-1]
        hint = f": try --size {side} --channels {channels}" if len(model.input_shape) == 3 else ""
        raise InputError(f"expected samples of {takes} for {model.text}, got {got}{hint}")
    return see_access(
        dataclasses.replace(
            model,
            input_shape=model.input_shape or (tuple(input_shape) if input_shape else None),
            classes=model.classes or (tuple(classes) if classes else None),
        )
    )


def save_model(
    folder: str | Path,
    unit: str | Trainable,
    module: nn.Module,
    *,
    input_shape: tuple[int, ...],
    classes: Sequence[str],
    **more: Any,
) -> Path:
    """Write weights and what is needed to build the net again; `load_model(folder)` is the inverse.

    `more` (the data set, epochs, seed, ...) goes into spec.json as it is.
    """
    unit = _trainable(unit)
    folder = Path(folder)
    write_atomic(folder / WEIGHTS, save_tensors(stored(module)))
    spec = {
        "model": str(unit),
        "input_shape": list(input_shape),
        "channels": input_shape[0],
        "num_classes": len(classes),
        "classes": list(classes),
        "checksum": checksum(module),
        **more,
    }
    write_json(folder / SPEC, spec)  # last: a folder with a spec is whole
    return folder


def _load(source: str | Path | nn.Module | LoadedModel) -> LoadedModel:
    if isinstance(source, LoadedModel):
        return source
    if isinstance(source, nn.Module):
        return LoadedModel(source, type(source).__name__, checksum=checksum(source))
    text = str(source)
    if not text.strip():
        raise InputError("expected a model, got an empty text: `sparring list model` shows the bundled ones")
    if ":" in text:
        return _from_code(text)
    if Path(text).is_dir():
        return _from_run(Path(text))
    if Path(text).suffix.lower() == ".onnx":
        return load_onnx(Path(text))
    if Path(text).suffix.lower() in (".json", ".yaml", ".yml"):
        return load_endpoint(Path(text))
    if Path(text).is_file():
        raise InputError(
            f"expected a model's name, a run directory or FILE.py:function, got the file {text!r}: "
            "write a function that builds the model and loads its weights"
        )
    if "/" in text or ("." in text and "(" not in text):
        raise InputError(
            f"expected a model's name, a run directory or FILE.py:function, got {text!r}: nothing is there"
        )
    unit = parse(text, "model")
    if isinstance(unit, Pretrained):
        return unit.load()
    names = [name for name, each in units("model").items() if issubclass(each, Pretrained)]
    raise InputError(
        f"expected a model with weights, got the untrained {text!r}: train one and give its run directory, "
        f"or take {' or '.join(names)}"
    )


def model_folder(folder: Path) -> Path:
    """Return where in a run directory the model lies: in itself, or in `hardened/` after `sparring harden`."""
    return folder / HARDENED if (folder / HARDENED / SPEC).exists() else folder


def _from_code(text: str) -> LoadedModel:
    code, at, folder = text.rpartition("@")
    if at and ":" in code and Path(folder).is_dir():
        loaded = _from_code(code)
        if is_guarded(Path(folder)):
            return dataclasses.replace(load_guarded(Path(folder), load_model, loaded), text=text)
        _load_weights(loaded.module, model_folder(Path(folder)), code)
        return dataclasses.replace(loaded, text=text, checksum=checksum(loaded.module, loaded.checksum))
    found = find_in_code(text)
    value = found.value
    if not isinstance(value, nn.Module) and callable(value) and not _needs_arguments(value):
        value = call(value, text)
    if isinstance(value, LoadedModel):
        return dataclasses.replace(value, text=text, checksum=checksum(value.module, found.checksum))
    if isinstance(value, BlackBox):
        return load_black_box(value, text, found.checksum)
    if is_estimator(value):
        return load_estimator(value, text, found.checksum)
    if callable(value) and not isinstance(value, nn.Module):
        value = CallableModel(value)
    if not isinstance(value, nn.Module):
        raise InputError(
            f"expected an nn.Module, or a function images → logits, from {text}, got {type(value).__name__}"
        )
    return LoadedModel(value, text, checksum=checksum(value, found.checksum))


def _needs_arguments(function: Any) -> bool:
    """A function without required arguments makes a model; one with is a model."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built in: it takes something
        return True
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(each.default is inspect.Parameter.empty and each.kind not in optional for each in parameters)


def _from_run(run: Path) -> LoadedModel:
    folder = model_folder(run)
    if is_guarded(folder):
        return load_guarded(folder, load_model)
    spec = read_json(folder / SPEC)
    try:
        shape, classes = tuple(map(int, spec["input_shape"])), tuple(map(str, spec["classes"]))
        text = str(spec["model"])
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"expected model, input_shape and classes in {folder / SPEC}, got {json.dumps(spec)[:80]}: "
            "is this the run directory of a training?"
        ) from None
    if ":" in text:  # a file must not decide which code runs: the user says so
        raise InputError(f"expected the code that builds the model of {run}, got the folder alone: give {text}@{run}")
    module = _trainable(text).build(shape, len(classes))
    _load_weights(module, folder, text)
    module.eval()
    found = checksum(module)
    if spec.get("checksum", found) != found:
        raise InputError(f"expected the weights that {folder / SPEC} describes, got others: train or save it again")
    return LoadedModel(module, str(run), classes, shape, found)


def _load_weights(module: nn.Module, folder: Path, text: str) -> None:
    try:
        module.load_state_dict(load_tensors((folder / WEIGHTS).read_bytes()))
    except FileNotFoundError:
        raise InputError(f"expected weights at {folder / WEIGHTS}, got nothing there") from None
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"expected the weights of {text} in {folder / WEIGHTS}, got {reason}") from None


def _trainable(unit: str | Trainable) -> Trainable:
    read = parse(unit, "model")
    if not isinstance(read, Trainable):
        names = [name for name, each in units("model").items() if issubclass(each, Trainable)]
        raise InputError(f"expected a net to train, got {read}{did_you_mean(str(read), names)}")
    return read
