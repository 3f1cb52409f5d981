"""The directory of a hardening: what was prepared, and the net that came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from sparring.core.runs import write_atomic, write_json
from sparring.core.tensors import stored
from sparring.models import Trainable, save_model
from sparring.models._load import HARDENED, SPEC, WEIGHTS
from sparring.models._loaded import checksum

PREPARED = "prepared.safetensors"


def save_hardened(
    run: Path, text: str, unit: Trainable | None, net: nn.Module, shape: tuple[int, ...], classes: Sequence[str]
) -> None:
    """Write the net where `load_model(run)` finds it; one of the user's own code as `load_model("CODE@run")`."""
    folder = run / HARDENED
    if unit is not None:
        save_model(folder, unit, net, input_shape=shape, classes=classes)
        return
    write_atomic(folder / WEIGHTS, save_tensors(stored(net)))
    spec = {"model": text, "input_shape": list(shape), "classes": list(classes), "checksum": checksum(net)}
    write_json(folder / SPEC, spec)


def prepared(folder: Path | None) -> dict[str, Tensor] | None:
    """Return what was prepared before an interruption."""
    if folder is None or not (folder / PREPARED).exists():
        return None
    return load_tensors((folder / PREPARED).read_bytes())


def save_prepared(folder: Path | None, tensors: dict[str, Tensor]) -> None:
    """Keep what took long to make."""
    if folder is not None and tensors:
        whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        write_atomic(folder / PREPARED, save_tensors(whole))
