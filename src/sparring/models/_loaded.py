"""A model that is ready to be attacked: it takes images in [0, 1], whatever it does with them inside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from sparring.errors import InputError
from sparring.types import Classifier, Images, Logits
from sparring.victims.base import Access, Victim, rejects_of
from sparring.victims.black_box import BlackBox
from sparring.victims.queries import QueryLedger
from sparring.victims.torch import TorchVictim


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A classifier with what is known about it, for whoever attacks, audits or reports.

    Fields:
        module: images (n, *input_shape) in [0, 1] → logits (n, k); normalization lies inside (T15).
        text: the text that loads it, such as "efficientnet-lite0".
        classes: one name a class, synonyms after commas; None when unknown.
        input_shape: the shape of one sample, (c, h, w) or (d,); None when unknown.
        checksum: sha256 of names and values of the weights, and of the user's source file if there is one.
        access: what attacks may use of it; below "gradient" it is a black box that cannot be looked into.
        num_classes: how many classes there are, where that is known and their names are not.
        queries: the books of a model that is asked over a wire.
        opaque: whether its forward pass cannot be watched, as it does not run as tensor operations here.
        classifier: the classifier inside, where the module is a guard around one.
    """

    module: nn.Module
    text: str
    classes: tuple[str, ...] | None = None
    input_shape: tuple[int, ...] | None = None
    checksum: str = ""
    access: Access = "gradient"
    num_classes: int | None = None
    queries: QueryLedger | None = None
    opaque: bool = False
    classifier: nn.Module | None = None

    @property
    def rejects(self) -> bool:
        """Whether the model may refuse an image: its last logit is then no class."""
        return rejects_of(self.module)

    def victim(self, *, fast: bool = True) -> Victim:
        """Return the model as attacks take it; `fast` runs passes on a fast twin where there can be one."""
        if self.access == "gradient":
            return TorchVictim(self.module, fast=fast)
        count = self.num_classes or (None if self.classes is None else len(self.classes))
        return BlackBox(self.function, self.access, count)

    @property
    def function(self) -> Classifier:
        """The model as it is asked: a plain function in the form it wants, torch or numpy, else the module."""
        return self.module.function if isinstance(self.module, CallableModel) else self.module

    def __repr__(self) -> str:
        shape = "any shape" if self.input_shape is None else "x".join(map(str, self.input_shape))
        classes = "unnamed classes" if self.classes is None else f"{len(self.classes)} classes"
        return f"LoadedModel({self.text}: {shape} in, {classes} out)"


class Normalize(nn.Module):
    """(x − mean) / std per channel, as the first layer of a model, so that eps keeps its meaning (T15).

    >>> Normalize([0.5], [0.25])(torch.ones(1, 1, 1, 1)).item()
    2.0
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))

    def forward(self, x: Images) -> Images:
        """Return images of mean about 0 and deviation about 1."""
        return (x - self.mean) / self.std


class CallableModel(nn.Module):
    """A user's plain function on tensors, in the form of a module without weights."""

    def __init__(self, function: Classifier) -> None:
        super().__init__()
        self.function, self.rejects = function, rejects_of(function)

    def forward(self, x: Images) -> Logits:
        """Return what the function returns."""
        return self.function(x)


def checksum(module: nn.Module, source: str = "") -> str:
    """Return the sha256 of a module's weights and buffers with their names, and of `source`."""
    digest = hashlib.sha256(source.encode())
    for name, value in sorted(module.state_dict().items()):
        if isinstance(value, UninitializedBuffer | UninitializedParameter):
            raise InputError(f"expected a model whose weights exist, got the lazy {name}: run a batch through it first")
        if not isinstance(value, Tensor):  # a module may keep extra state of any kind
            digest.update(f"{name}={value!r}".encode())
            continue
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
