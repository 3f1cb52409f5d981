"""A loss of scores: what the discriminator wants to be small, and what the generator does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import Unit
from sparring.types import Scores


@dataclass(frozen=True)
class GanLoss(Unit, ABC):
    """Two losses, each one value a pair (n,) of a real and a generated image. Subclasses are final.

    A score is higher where the discriminator holds an image for more real: always, in every loss. `needs_real` says
    whether the generator's loss looks at real scores; where it does not, any tensor will do. `autoencodes` says that
    the discriminator has to be an autoencoder, its score minus the error of reconstruction. `middle` is the score at
    which the discriminator cannot tell; None where only differences of scores have a meaning. `zero_sum` says that both
    play for one value, of which the generator's loss leaves out what it has no hand in.
    """

    kind: ClassVar[str] = "loss"
    needs_real: ClassVar[bool] = False
    autoencodes: ClassVar[bool] = False
    middle: ClassVar[float | None] = None
    zero_sum: ClassVar[bool] = False

    @abstractmethod
    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return what the discriminator wants to be small (n,)."""

    @abstractmethod
    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return what the generator wants to be small (n,)."""

    def balanced(self, real: Scores, fake: Scores, balance: Tensor) -> Scores:
        """Return the discriminator's loss where a balance is carried from round to round; here nothing is."""
        return self.discriminator(real, fake)

    def rebalance(self, real: Tensor, fake: Tensor, balance: Tensor) -> Tensor:
        """Return the next balance from the mean scores of a whole batch."""
        return balance

    def accuracy(self, real: Scores, fake: Scores) -> Tensor:
        """Return the share that the discriminator gets right: of images, at `middle`, else of pairs; ties count half.

        >>> from sparring.registry import parse
        >>> parse("hinge").accuracy(torch.tensor([2.0, -1.0]), torch.tensor([-3.0, 0.0])).item()
        0.625
        """
        if self.middle is None:
            return _above(real - fake)
        return (_above(real - self.middle) + _above(self.middle - fake)) / 2


def _above(margin: Scores) -> Tensor:
    """Return the mean of 1 where a margin is positive, ½ where it is 0."""
    return (torch.sign(margin.detach()) + 1).mean() / 2


def surprise(score: Scores) -> Scores:
    """Return −log σ(s), to the last digit at any s: softplus as torch has it is cut off at 20.

    >>> surprise(torch.tensor([30.0, -30.0], dtype=torch.float64)).tolist()
    [9.357622968839737e-14, 30.000000000000092]
    """
    return -F.logsigmoid(score)


def check_smoothing(unit: GanLoss, smoothing: float) -> None:
    """Refuse a target of real images that is not above one half."""
    if not 0 <= smoothing < 0.5:
        raise InputError(f"expected smoothing of {unit.name()} in [0, 0.5), got {smoothing}")
