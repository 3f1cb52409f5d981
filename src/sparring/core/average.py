"""The exponential moving average of a module's weights: often better than the last weights, never noisier."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """A copy of a module whose weights follow the module's own: w̄ ← w̄ + (1 − β)(w − w̄), β = 2^(−images / half-life).

    The half-life is in images, so it does not change with the batch size. In the beginning it is short, at most a
    fifth of the images seen so far: an average over weights of the very start would be worse than none.
    Buffers are copied, never averaged: counters are whole numbers, and running statistics are averages already (G11).
    """

    def __init__(self, module: nn.Module, half_life: float) -> None:
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.half_life, self.images = half_life, 0

    @torch.no_grad()
    def follow(self, module: nn.Module, images: int) -> None:
        """Take in the weights after a step on so many images."""
        self.images += images
        beta = 0.5 ** (images / min(self.half_life, 0.2 * self.images))
        mean: Tensor
        value: Tensor
        for mean, value in zip(self.module.parameters(), module.parameters(), strict=True):
            # Equal weights stay equal to the bit: what is added is exactly zero.
            mean.add_(value - mean, alpha=1 - beta)
        for kept, value in zip(self.module.buffers(), module.buffers(), strict=True):
            kept.copy_(value)

    def state(self) -> dict[str, Any]:
        """Return what decides how the average goes on."""
        return {"module": self.module.state_dict(), "images": self.images}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up where `state` was taken."""
        module: dict[str, Tensor] = state["module"]
        self.module.load_state_dict(module)
        self.images = int(state["images"])
