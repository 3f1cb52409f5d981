"""Boundary equilibrium: the discriminator rebuilds images, and a balance holds the two sides together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from sparring.errors import InputError
from sparring.gan.losses.base import GanLoss
from sparring.types import Scores


@dataclass(frozen=True)
class Began(GanLoss):
    """An autoencoder rebuilds real images well and generated ones badly, the latter only as far as the balance says.

    With errors e = −s: L_D = e − k e', L_G = e', k ← clip(k + λ (γ E e − E e'), 0, 1), k = 0 at first.

    Fields:
        gamma: γ in (0, 1], E e' / E e at equilibrium: lower for sharper images, higher for more varied ones.
        rate: λ > 0, of the balance.

    Shapes: scores (n,), (n,) → (n,). The net has to be an autoencoder: `autoencoder`.

    Cost: none worth telling.

    Source: Berthelot, Schumm and Metz 2017, arXiv 1703.10717, eq. 5 and section 3.4. **Differs**: the balance moves in
    the discriminator's turn, by the errors that its loss has seen.

    >>> import torch
    >>> loss, scores = Began(), torch.tensor([-0.4])
    >>> loss.balanced(scores, scores, torch.tensor(0.5)).item(), loss.rebalance(scores, scores / 4, torch.zeros(()))
    (0.20000000298023224, tensor([0.0001]))
    """

    cites = ("berthelot2017",)
    autoencodes: ClassVar[bool] = True
    gamma: float = 0.5
    rate: float = 0.001

    def __post_init__(self) -> None:
        if not (0 < self.gamma <= 1 and self.rate > 0):
            raise InputError(f"expected gamma of began in (0, 1] and rate > 0, got {self.gamma} and {self.rate}")

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return e, the loss at the first balance, k = 0."""
        return -real + 0 * fake

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return e'."""
        return -fake

    def balanced(self, real: Scores, fake: Scores, balance: Tensor) -> Scores:
        """Return e − k e'."""
        return -real + balance * fake

    def rebalance(self, real: Tensor, fake: Tensor, balance: Tensor) -> Tensor:
        """Return k + λ (γ E e − E e'), in [0, 1]."""
        moved: Tensor = balance + self.rate * (fake - self.gamma * real)
        return moved.clamp(0, 1)
