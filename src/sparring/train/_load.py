"""Take up a trained generator, or the discriminator it was trained against, from a run directory."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load as load_tensors
from torch import Tensor

from sparring.core.runs import read_json
from sparring.errors import InputError
from sparring.games import Checkpoints
from sparring.gan import Gan
from sparring.gan.game import DISCRIMINATOR, GENERATOR
from sparring.gan.inference import Encoder, encoder_of
from sparring.gan.nets import Discriminator, Generator
from sparring.registry import parse_as
from sparring.train._kept import best_file, kept_file

WEIGHTS = "generator.safetensors"
N = TypeVar("N", Generator, Discriminator)


def load_generator(run: str | Path, which: str | int = "best") -> Generator:
    """Return a generator of a training, in eval mode: the average of its weights, where one was kept.

    `which`: "best" by the figure on held-out images, "last", or the number of images trained on of one that was kept.
    A training that has not ended gives the best so far.

    Raises: InputError when the directory holds no training of a GAN, none that has got to its first checkpoint, or no
    generator of that number.
    """
    folder = Path(run)
    generator, _ = _fresh(folder)
    return _filled(generator, _weights(folder, which), folder)


def load_encoder(run: str | Path, which: str | int = "best") -> Encoder:
    """Return the net from images to codes that was learned with a generator (ali, veegan, lfvi), in eval mode.

    Raises: InputError as `load_generator` does, and where nothing learned codes.
    """
    found = encoder_of(load_generator(run, which))
    if found is None:
        raise InputError(f"expected a training with an encoder, such as the recipe ali, got one without in {run}")
    return found


def _weights(folder: Path, which: str | int) -> dict[str, Tensor]:
    text = str(which).strip()
    if text not in ("best", "last") and not text.isdecimal():
        raise InputError(f"expected best, last or a number of images, got {which!r}")
    path = kept_file(folder, int(text)) if text.isdecimal() else folder / WEIGHTS if text == "best" else None
    if text == "best" and not (folder / WEIGHTS).exists():
        path = best_file(folder)
    if path is not None:
        return load_tensors(path.read_bytes())
    kept = Checkpoints(folder, writes=False).last()
    if kept is None:
        raise InputError(f"expected {WEIGHTS} or a checkpoint in {folder}, got neither: let the training go on")
    player = kept["players"][GENERATOR]
    tensors: dict[str, Tensor] = (player["average"] or {"module": player["module"]})["module"]
    return tensors


def load_discriminator(run: str | Path) -> Discriminator:
    """Return the discriminator of a training, in eval mode, as its last checkpoint holds it.

    Raises: InputError when the directory holds no training of a GAN, or no checkpoint of one.
    """
    folder = Path(run)
    _, discriminator = _fresh(folder)
    kept = Checkpoints(folder, writes=False).last()
    if kept is None:
        raise InputError(f"expected a checkpoint in {folder}, which holds the discriminator, got none")
    return _filled(discriminator, kept["players"][DISCRIMINATOR]["module"], folder)


def _fresh(folder: Path) -> tuple[Generator, Discriminator]:
    """Return the untrained networks of a run."""
    spec = read_json(folder / "spec.json")
    if spec.get("kind") != "train":
        raise InputError(f"expected the run directory of `sparring train`, got one of `sparring {spec.get('kind')}`")
    return parse_as(Gan, spec["gan"]).build(tuple(spec["shape"]), int(spec["classes"]))


def _filled(net: N, tensors: dict[str, Tensor], folder: Path) -> N:
    """Return a network with the weights of a run."""
    for name in ("reference", "reference_labels"):
        if name in tensors:  # a buffer that has no shape before it is filled
            setattr(net, name, torch.zeros_like(tensors[name]))
    try:
        net.load_state_dict(tensors)
    except RuntimeError:
        raise InputError(
            f"expected weights of the networks that {folder / 'spec.json'} names, got others: load them with the "
            "version of sparring that trained them, or train anew"
        ) from None
    return net.eval().requires_grad_(False)
