"""A guard: something around a trained classifier at test time, a model again; it may refuse to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from sparring.data import Dataset
from sparring.registry import Unit


@dataclass(frozen=True)
class Guard(Unit, ABC):
    """A way to protect a trained classifier without touching its weights. Subclasses are final.

    `rejects` says whether the guarded model may refuse an image: it then answers k + 1 logits, the last of which is
    the highest exactly when the image is refused (`sparring.guards.Rejecting`). `claimed` and `fallacy` say in one
    line each what the paper claims, and what is known to get around it.

    `fit` learns what the guard needs from data, never from the images it will be judged on, and returns the guarded
    model in eval mode. All it has learned is in the guarded model's state, so `restore` gives the same model back
    from the classifier and that state: no code is ever loaded from a file.
    """

    kind: ClassVar[str] = "guard"
    rejects: ClassVar[bool] = False
    claimed: ClassVar[str] = ""
    fallacy: ClassVar[str] = ""

    @abstractmethod
    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the guarded model: `train` to learn from, `calibration` (other, clean images) to fix thresholds."""

    @abstractmethod
    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded model whose `state_dict` was `state`, around the classifier, in eval mode."""
