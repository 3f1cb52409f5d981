"""Take up a trained generator from its run directory."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load as load_tensors

from sparring.core.runs import read_json
from sparring.errors import InputError
from sparring.games import Checkpoints
from sparring.gan import Gan
from sparring.gan.game import GENERATOR
from sparring.gan.nets import Generator
from sparring.registry import parse_as

WEIGHTS = "generator.safetensors"


def load_generator(run: str | Path) -> Generator:
    """Return the generator of a training, in eval mode: the average of its weights, where one was kept.

    A training that has not ended gives what its last checkpoint holds.

    Raises: InputError when the directory holds no training of a GAN, or none that has got to its first checkpoint.
    """
    folder = Path(run)
    spec = read_json(folder / "spec.json")
    if spec.get("kind") != "train":
        raise InputError(f"expected the run directory of `sparring train`, got one of `sparring {spec.get('kind')}`")
    unit = parse_as(Gan, spec["gan"])
    generator, _ = unit.build(tuple(spec["shape"]), int(spec["classes"]))
    if (folder / WEIGHTS).exists():
        tensors = load_tensors((folder / WEIGHTS).read_bytes())
    else:
        kept = Checkpoints(folder, writes=False).last()
        if kept is None:
            raise InputError(f"expected {WEIGHTS} or a checkpoint in {folder}, got neither: let the training go on")
        player = kept["players"][GENERATOR]
        tensors = (player["average"] or {"module": player["module"]})["module"]
    for name in ("reference", "reference_labels"):
        if name in tensors:  # a buffer that has no shape before it is filled
            setattr(generator, name, torch.zeros_like(tensors[name]))
    generator.load_state_dict(tensors)
    return generator.eval().requires_grad_(False)
