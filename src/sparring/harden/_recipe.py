"""How long, how fast, on how many at once: what of a training is neither the net nor the defense."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sparring.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """A training's settings. The learning rate rises to `lr` in a line, then falls to zero in a line.

    Fields:
        epochs: passes over the data, > 0; half an epoch is one.
        batch_size: samples a round, ≥ 1.
        lr: the peak of the learning rate, > 0.
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
    lr: float = 1e-2
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
        if not (self.lr > 0 and self.weight_decay >= 0 and self.average >= 0 and 0 <= self.warmup < 1):
            raise InputError(
                f"expected lr > 0, weight_decay and average >= 0 and warmup in [0, 1), got {self.lr}, "
                f"{self.weight_decay}, {self.average} and {self.warmup}"
            )
        if self.precision not in ("float32", "bfloat16"):
            raise InputError(f"expected precision float32 or bfloat16, got {self.precision!r}")

    def rate(self, share: float) -> float:
        """Return the factor on the learning rate at a share of the training.

        >>> Recipe(warmup=0.5).rate(0.25), Recipe(warmup=0.5).rate(0.75)
        (0.55, 0.5)
        """
        if share < self.warmup:
            return 0.1 + 0.9 * share / self.warmup
        return max(0.0, (1 - share) / (1 - self.warmup))
