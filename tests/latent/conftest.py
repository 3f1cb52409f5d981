"""A generator whose best code is known: images are linear in it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sparring.gan import Generator


class Linear(Generator):
    """z → A z + b, not squeezed into [0, 1]; with classes, b is another for each."""

    def __init__(self, latent: int, shape: tuple[int, ...], classes: int = 0) -> None:
        super().__init__(nn.Identity(), shape, latent)
        self.classes = classes
        draw = torch.Generator().manual_seed(0)
        size = torch.Size(shape).numel()
        self.a = nn.Parameter(0.2 * torch.randn(size, latent, generator=draw))
        self.b = nn.Parameter(torch.rand(max(1, classes), size, generator=draw))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        shift = self.b[0] if y is None else self.b[y]
        return (z @ self.a.T + shift).view(-1, *self.shape)


@pytest.fixture
def linear() -> Linear:
    return Linear(5, (1, 4, 4)).eval()


@pytest.fixture
def linear_of_two() -> Linear:
    return Linear(5, (1, 4, 4), classes=2).eval()
