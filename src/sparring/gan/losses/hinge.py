"""Margins: what is scored right by 1 or more is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch.nn import functional as F

from sparring.gan.losses.base import GanLoss
from sparring.types import Scores


@dataclass(frozen=True)
class Hinge(GanLoss):
    """The discriminator learns from images within its margin alone, as a support vector machine does.

    L_D = max(0, 1 − s) + max(0, 1 + s'), L_G = −s'.

    Shapes: scores (n,), (n,) → (n,).

    Cost: none worth telling.

    Source: Lim and Ye 2017, arXiv 1705.02894, eq. 5; as used by Miyato et al. 2018, arXiv 1802.05957, eq. 16 and 17.
    **Differs**: nothing.

    >>> import torch
    >>> Hinge().discriminator(torch.tensor([1.5, 0.5]), torch.tensor([-2.0, -2.0])).tolist()
    [0.0, 0.5]
    """

    cites = ("lim2017", "miyato2018")
    middle: ClassVar[float | None] = 0.0

    def discriminator(self, real: Scores, fake: Scores) -> Scores:
        """Return max(0, 1 − s) + max(0, 1 + s')."""
        return F.relu(1 - real) + F.relu(1 + fake)

    def generator(self, real: Scores, fake: Scores) -> Scores:
        """Return −s'."""
        return -fake
