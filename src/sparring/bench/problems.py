"""Fixed problems to run attacks on: the same nets and images for everyone, made on the spot."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from sparring.core.runs import write_atomic
from sparring.core.tensors import stored
from sparring.data import Dataset, load_data
from sparring.errors import InputError, did_you_mean
from sparring.models import Trainable, fit
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.types import Images, Labels

VARIABLE = "SPARRING_CACHE"


class Ready(NamedTuple):
    """A problem made: a trained net in eval mode, images (n, c, h, w) it gets right, labels (n,), count of classes."""

    net: nn.Module
    x: Images
    y: Labels
    classes: int


@dataclass(frozen=True)
class Problem:
    """A net to train, data to train and attack it on, and the threats to attack it under.

    Fields: `name`; `data`, a data set with splits train and test; `model`, a net by its text; `epochs` of training
    on `train_n` samples (0: all); `threats`, one text a norm; `most`, an upper limit on samples, for slow nets.
    """

    name: str
    data: str
    model: str
    epochs: int
    train_n: int
    threats: tuple[str, ...]
    most: int = 10_000

    def threat(self, norm: str) -> Threat:
        """Return the threat in a norm."""
        return next(limit for limit in map(_read_threat, self.threats) if limit.name() == norm)

    @property
    def norms(self) -> tuple[str, ...]:
        """The norms of its threats, in order."""
        return tuple(_read_threat(text).name() for text in self.threats)

    def make(self, n: int, seed: int = 0, *, limited: bool = True) -> Ready:
        """Train the net, or take it from the cache, and draw n test images it gets right (at most `most`).

        Raises: InputError when the data are not on this machine.
        """
        test = load_data(f"{self.data}:test")
        net = self.net()
        x, y = test.take(right_rows(net, test, min(n, self.most) if limited else n, seed))
        return Ready(net, x, y, len(test.classes))

    def net(self) -> nn.Module:
        """Return the trained net in eval mode, its weights asking for no gradient."""
        train = load_data(f"{self.data}:train")
        if self.train_n:
            rows = train.subset(self.train_n, seed=0)
            assert train.labels is not None
            train = dataclasses.replace(train, pixels=train.pixels[rows], labels=train.labels[rows])
        net = parse_as(Trainable, self.model).build(train.shape, len(train.classes), seed=0)
        path = cache_folder() / f"{self.name}-{self._key(train)}.safetensors"
        if not _restore(net, path):
            fit(net, train, epochs=self.epochs, seed=0)
            write_atomic(path, save_tensors(stored(net)))
        return net.eval().requires_grad_(False)

    def _key(self, train: Dataset) -> str:
        """Name the weights by what they are made from, so that a change of any of it trains anew (G8)."""
        made_from = [self.model, self.epochs, train.checksum, torch.__version__]
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]


PROBLEMS = (
    Problem("digits-linear", "digits", "linear", 30, 0, ("linf(0.1)", "l2(0.5)", "l1(1.5)", "l0(3)")),
    Problem("mnist-cnn", "mnist5k", "cnn", 3, 0, ("linf(0.1)", "l2(1.5)", "l1(10)", "l0(12)"), most=100),
    Problem(
        "fashion-resnet", "fashion-mnist", "resnet(width=22)", 2, 6_000,
        ("linf(10/255)", "l2(0.75)", "l1(8)", "l0(12)"), most=25,
    ),
)  # fmt: skip


def right_rows(net: nn.Module, data: Dataset, n: int, seed: int = 0) -> Tensor:
    """Return the first n rows, in an order drawn by the seed, that a net gets right (fewer where there are no more)."""
    found: list[Tensor] = []
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    for rows in torch.split(order, 250):
        x, y = data.take(rows)
        with torch.no_grad():
            found.append(rows[net(x).argmax(1) == y])
        if sum(map(len, found)) >= n:
            break
    return torch.cat(found)[:n]


def problem(name: str) -> Problem:
    """Return a problem by name.

    >>> problem("digits-linear").norms
    ('linf', 'l2', 'l1', 'l0')
    """
    for each in PROBLEMS:
        if each.name == name:
            return each
    raise InputError(f"expected a problem, got {name!r}{did_you_mean(name, [each.name for each in PROBLEMS])}")


def cache_folder() -> Path:
    """Return where trained nets are kept: $SPARRING_CACHE, or ~/.cache/sparring."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "sparring") / "bench"


def _restore(net: nn.Module, path: Path) -> bool:
    """Load weights if they are there and whole; a damaged file is as good as none."""
    try:
        net.load_state_dict(load_tensors(path.read_bytes()))
    except (OSError, SafetensorError, RuntimeError):
        return False
    return True


def _read_threat(text: str) -> Threat:
    return parse_as(Threat, text)
