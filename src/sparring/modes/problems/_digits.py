"""The classifier that names a channel: trained once, kept, and no better than it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from sparring.core.runs import write_atomic
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import Trainable
from sparring.models._fit import accuracy, fit
from sparring.registry import parse_as

NET, BATCH = "resnet", 500
SHOWN, MOST, LEAST = 48_000, 12, 3
"""Images to show in whole epochs, and how many of these at most and at least: 12 of MNIST's 4,000, 3 of 60,000."""


@dataclass(frozen=True, eq=False)
class Digits:
    """A classifier of gray 28 × 28 pictures in [0, 1], with its `accuracy` on pictures it has not seen."""

    net: nn.Module
    accuracy: float

    @torch.no_grad()
    def name(self, x: Tensor) -> Tensor:
        """Return the class (n,) of pictures (n, 1, 28, 28)."""
        return torch.cat([self.net(part).argmax(1) for part in torch.split(x, BATCH)])


def digits_of(data: str, folder: Path | None, epochs: int | None = None) -> Digits:
    """Return the classifier of a data set: that of `folder`, or one that is trained now and kept there.

    Raises: InputError for a file that holds another net, or one of other data.
    """
    path = None if folder is None else folder / f"classifier-{data}.safetensors"
    train, test = load_data(f"{data}:train"), load_data(f"{data}:test")
    net = parse_as(Trainable, NET).build(train.shape, len(train.classes), seed=0)
    if path is not None and path.exists():
        with safe_open(str(path), "pt") as file:
            kept = json.loads(file.metadata()["about"])
        if (kept["data"], kept.get("net")) != (train.checksum, NET):
            raise InputError(
                f"expected a {NET} of {data} in {path}, got another net or other data: choose another --out"
            )
        net.load_state_dict(load_tensors(path.read_bytes()))
        return Digits(net.eval(), kept["accuracy"])
    epochs = epochs or max(LEAST, min(MOST, SHOWN // len(train)))
    fit(net, train, epochs=epochs)
    found = Digits(net.eval(), accuracy(net, test))
    if path is not None:
        about = json.dumps({"net": NET, "data": train.checksum, "accuracy": found.accuracy, "epochs": epochs})
        write_atomic(path, save_tensors(net.state_dict(), {"about": about}))
    return found
