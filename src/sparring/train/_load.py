"""Take up a trained generator, or the discriminator it was trained against, from a run directory."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load as load_tensors

from sparring.core.runs import read_json
from sparring.errors import InputError
from sparring.games import Checkpoints
from sparring.gan import Gan
from sparring.gan.game import DISCRIMINATOR, GENERATOR
from sparring.gan.nets import Discriminator, Generator
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


def load_discriminator(run: str | Path) -> Discriminator:
    """Return the discriminator of a training, in eval mode, as its last checkpoint holds it.

    Raises: InputError when the directory holds no training of a GAN, or no checkpoint of one.
    """
    folder = Path(run)
    spec = read_json(folder / "spec.json")
    if spec.get("kind") != "train":
        raise InputError(f"expected the run directory of `sparring train`, got one of `sparring {spec.get('kind')}`")
    kept = Checkpoints(folder, writes=False).last()
    if kept is None:
        raise InputError(f"expected a checkpoint in {folder}, which holds the discriminator, got none")
    _, discriminator = parse_as(Gan, spec["gan"]).build(tuple(spec["shape"]), int(spec["classes"]))
    tensors = kept["players"][DISCRIMINATOR]["module"]
    if "reference" in tensors:  # a buffer that has no shape before it is filled
        discriminator.reference = torch.zeros_like(tensors["reference"])
    discriminator.load_state_dict(tensors)
    return discriminator.eval().requires_grad_(False)
