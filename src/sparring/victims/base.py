"""What an attacker can see of a victim, and what the looks have cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from sparring.types import Classifier, Images, Logits

Access: TypeAlias = Literal["gradient", "scores", "decision"]
ACCESS: tuple[Access, ...] = ("decision", "scores", "gradient")
"""From least to most: labels alone, all logits, and their gradients too."""


class OutOfQueries(Exception):
    """The victim answers no more: what may be asked of it in all is spent. Attacks end with what they have found."""


class Victim(ABC):
    """A model under attack, and how much of it shows. Subclasses are final.

    `access` is what attacks may use. `model` is the user's own, images (n, *chw) → scores (n, k), and has the last
    word. `checks` counts image passes that are no sample's cost. Use it inside `with victim.frozen():`.
    """

    access: Access
    model: Classifier
    checks: int
    rejects: bool = False
    """Whether `model` may refuse an image: the last of its scores is then no class, and a refusal fools nobody."""
    repairs: bool = True
    """Whether an attack may run on `model` itself, where what was found on `swift` did not hold."""

    @abstractmethod
    def frozen(self) -> AbstractContextManager[None]:
        """Freeze the user's model for the time of the block, and leave no mark on it."""

    @abstractmethod
    def answer(self, x: Images) -> Logits:
        """Return what the user's own model says of images; 1 forward."""

    @abstractmethod
    def swift(self, x: Images, logits: Logits, *, exact: bool) -> Classifier:
        """Return what passes are run on: `model` itself, or a faster one that says nearly the same."""


def draws_of(model: Classifier) -> int:
    """Return how many passes one call costs: more than one for a model that averages over draws."""
    return int(getattr(model, "draws", 1))


def rejects_of(model: object) -> bool:
    """Say whether a model declares by an attribute `rejects` that its last logit is a refusal; a method asks its owner.

    >>> rejects_of(lambda x: x)
    False
    """
    return bool(getattr(model, "rejects", getattr(getattr(model, "__self__", None), "rejects", False)))


class Ledger:
    """Forward and backward passes of each sample, counted where they are made (T36).

    One forward pass of one image is 1, whatever model made it (the user's or its fast twin) and whatever for.
    """

    def __init__(self, n: int) -> None:
        self.forwards = torch.zeros(n, dtype=torch.int64)
        self.backwards = torch.zeros(n, dtype=torch.int64)

    def add(self, rows: Tensor, forwards: int = 0, backwards: int = 0) -> None:
        """Count passes on the samples in `rows`."""
        where = rows.cpu()
        self.forwards[where] += forwards
        self.backwards[where] += backwards

    def spent(self) -> Tensor:
        """Return forwards + backwards, (n,)."""
        return self.forwards + self.backwards
