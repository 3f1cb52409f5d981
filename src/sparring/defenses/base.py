"""A defense at training time: what the weights should make small, with an attacker inside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.defenses._round import Round
from sparring.errors import InputError
from sparring.models import Trainable
from sparring.registry import Unit
from sparring.threats import Threat
from sparring.types import Scores


@dataclass(frozen=True, eq=False)
class Setting:
    """What a defense may look at before the first round.

    Fields: `net`, the classifier as it is before; `unit`, what builds a fresh one of its kind (None for a net of the
    user's own); `data` with labels; `classes`, how many; `threat`; `seed`; `folder` for what takes long to prepare
    (None: it is made again after an interruption); `plain`, which trains a fresh net of the same kind in the ordinary
    way, its logits divided by a `temperature` on the way; `device`, where all this happens.
    """

    net: nn.Module
    unit: Trainable | None
    data: Dataset
    classes: int
    threat: Threat
    seed: int
    folder: Path | None
    plain: Callable[..., nn.Module]
    device: torch.device


@dataclass(frozen=True)
class Defense(Unit, ABC):
    """A way to train a classifier. Subclasses are final: they add fields and write `loss`, one value a sample.

    `loss` reads like its formula: it asks the round for logits of the net and for adversarial images, and knows no
    optimizer. `claimed` and `broken` say in one line each what the paper claims and what became of the claim.
    `replays` is how many rounds are played on each batch. Before the first round `prepare` may make what all rounds
    need, tensors with one row a sample of the data or a few constants; they are kept beside the checkpoint. `unit`
    says which net is trained in place of the one asked for.
    """

    kind: ClassVar[str] = "defense"
    claimed: ClassVar[str] = ""
    broken: ClassVar[str] = ""

    @property
    def replays(self) -> int:
        """How many rounds are played on each batch."""
        return 1

    @property
    def carries(self) -> bool:
        """Whether something is kept of every sample from epoch to epoch."""
        return False

    @property
    def passes(self) -> float:
        """Forward plus backward passes a sample and round; one backward of both weights and image counts as one."""
        return 2.0

    @abstractmethod
    def loss(self, play: Round) -> Scores:
        """Return what the weights should make small, one value a sample (n,)."""

    def prepare(self, setting: Setting) -> dict[str, Tensor]:
        """Return what all rounds need; nothing by default."""
        return {}

    def unit(self, of: Trainable) -> Trainable:
        """Return the net that is trained where this one was asked for; itself by default."""
        return of


def check_steps(unit: Unit, steps: int, step_size: float | None) -> None:
    """Refuse an attacker without steps."""
    if steps < 1:
        raise InputError(f"expected steps of {unit.name()} >= 1, got {steps}")
    if step_size is not None and not step_size > 0:
        raise InputError(f"expected step_size of {unit.name()} > 0, got {step_size}")
