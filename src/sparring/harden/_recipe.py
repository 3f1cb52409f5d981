"""How long, how fast, on how many at once: what of a training is neither the net nor the defense."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from torch import nn

from sparring.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """A training's settings. The learning rate rises to `lr` in a line, then falls to zero in a line.

    Fields:
        epochs: passes over the data, > 0; half an epoch is one.
        batch_size: samples a round, ≥ 1.
        lr: the peak of the learning rate, > 0; None for 0.02 with batch norms and 0.005 without, a quarter of that for
            a net that has learned before.
        warmup: the share of the training in which it rises, in [0, 1).
        weight_decay: of AdamW, ≥ 0.
        average: half-life of the average of the weights, as a share of the training's images; 0 for none. The average
            is what is evaluated, kept and audited.
        evaluations: how often the net is looked at on held-out data, ≥ 1.
        held_out: samples kept from the training data for that, ≥ 1; at most a fifth of them are.
        precision: float32, or bfloat16 where the hardware has it.
    """

    epochs: float = 5.0
    batch_size: int = 128
    lr: float | None = None
    warmup: float = 0.2
    weight_decay: float = 1e-2
    average: float = 0.02
    evaluations: int = 10
    held_out: int = 1000
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self) -> None:
        if not (self.epochs > 0 and math.isfinite(self.epochs)):
            raise InputError(f"expected epochs > 0, got {self.epochs}")
        if self.batch_size < 1 or self.evaluations < 1 or self.held_out < 1:
            raise InputError(
                f"expected batch_size, evaluations and held_out >= 1, got {self.batch_size}, {self.evaluations} and "
                f"{self.held_out}"
            )
        if not (
            (self.lr is None or self.lr > 0) and self.weight_decay >= 0 and self.average >= 0 and 0 <= self.warmup < 1
        ):
            raise InputError(
                f"expected lr > 0, weight_decay and average >= 0 and warmup in [0, 1), got {self.lr}, "
                f"{self.weight_decay}, {self.average} and {self.warmup}"
            )
        if self.precision not in ("float32", "bfloat16"):
            raise InputError(f"expected precision float32 or bfloat16, got {self.precision!r}")

    def peak(self, net: nn.Module, *, tuned: bool = False) -> float:
        """Return the peak of the learning rate for a net.

        >>> Recipe().peak(nn.BatchNorm2d(3)), Recipe().peak(nn.Linear(3, 2)), Recipe(lr=0.1).peak(nn.Linear(3, 2))
        (0.02, 0.005, 0.1)
        """
        if self.lr is not None:
            return self.lr
        normed = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in net.modules())
        return (0.02 if normed else 0.005) * (0.25 if tuned else 1)

    def rate(self, share: float) -> float:
        """Return the factor on the learning rate at a share of the training.

        >>> Recipe(warmup=0.5).rate(0.25), Recipe(warmup=0.5).rate(0.75)
        (0.55, 0.5)
        """
        if share < self.warmup:
            return 0.1 + 0.9 * share / self.warmup
        return max(0.0, (1 - share) / (1 - self.warmup))
