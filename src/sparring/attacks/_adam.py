"""Adam for images: the direction of its step, and the metric it is a steepest descent in."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.types import Images

FIRST, SECOND = 0.9, 0.999


class Adam:
    """Moments of a batch's gradients, m̂ and v̂ (Kingma and Ba 2015, arXiv 1412.6980, Alg. 1).

    All samples share the count of steps; `_cw.Adam` is for those that start anew one by one.
    """

    def __init__(self, like: Images) -> None:
        self._first, self._second, self._count = torch.zeros_like(like), torch.zeros_like(like), 0

    @property
    def scale(self) -> Tensor:
        """Return √v̂, by which a coordinate's step is divided; zero where no gradient has been."""
        return (self._second / (1 - SECOND**self._count)).sqrt()

    def direction(self, pull: Images) -> Images:
        """Take in one more gradient and return m̂ / √v̂; no constant is added: a zero gradient does not move (T11)."""
        self._count += 1
        self._first = FIRST * self._first + (1 - FIRST) * pull
        self._second = SECOND * self._second + (1 - SECOND) * pull.square()
        scale = self.scale
        return torch.where(scale > 0, self._first / (1 - FIRST**self._count) / torch.where(scale > 0, scale, 1), 0)
