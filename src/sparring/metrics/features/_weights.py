"""Weights that a user brings: found by path or in torch.hub's folder, read without running anything from them."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from sparring.errors import InputError


def find(given: str, names: Sequence[str], what: str, where: str) -> Path:
    """Return the file of some weights: as given, else one of the usual names in torch.hub's folder.

    Raises: InputError that says where to get them, since nothing is downloaded here.
    """
    if given:
        if not Path(given).is_file():
            raise InputError(f"expected the weights of {what} at {given}, got nothing there: get them from {where}")
        return Path(given)
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"expected the weights of {what} in {folder}, got no {' nor '.join(names)}: get them from {where}, and put "
        f"them there or name the file, as in --features \"{what}(weights='FILE')\""
    )


def read(path: Path, what: str) -> tuple[dict[str, Tensor], str]:
    """Return tensors by name, and the sha256 of the file.

    Raises: InputError for a file that is no state dict; code in it is never run.
    """
    data = path.read_bytes()
    try:
        if path.suffix == ".safetensors":
            found: object = load_tensors(data)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, SafetensorError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"expected a state dict of {what} in {path}, got a file that does not load: {reason}"
        ) from None
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(f"expected a state dict of {what} in {path}, got {type(found).__name__} of other things")
    return dict(found), hashlib.sha256(data).hexdigest()


def fill(module: torch.nn.Module, tensors: Mapping[str, Tensor], path: Path, what: str) -> None:
    """Load tensors into a module; all must be there, and fit."""
    wanted = module.state_dict()
    missing = [name for name in wanted if name not in tensors and not name.endswith("num_batches_tracked")]
    wrong = [name for name in wanted if name in tensors and tensors[name].shape != wanted[name].shape]
    if missing or wrong:
        name = (wrong or missing)[0]
        got = f"shape {tuple(tensors[name].shape)}" if wrong else "none"
        raise InputError(
            f"expected {name} of shape {tuple(wanted[name].shape)} for {what} in {path}, got {got}: these are those of "
            "another network"
        )
    module.load_state_dict({name: tensors[name] for name in wanted if name in tensors}, strict=False)
