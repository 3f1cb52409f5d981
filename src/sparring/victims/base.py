"""What an attacker can see of a victim, and what the looks have cost."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

Access: TypeAlias = Literal["gradient", "scores", "decision"]
ACCESS: tuple[Access, ...] = ("decision", "scores", "gradient")
"""From least to most: labels alone, all logits, and their gradients too."""


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
