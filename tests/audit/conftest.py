"""Nets to audit: honest ones, plain and robust, and what looks into a model on digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.audit._examine import Examination, examine
from sparring.data import Dataset
from sparring.models import load_model
from sparring.registry import parse_as
from sparring.threats import Threat

Digits = tuple[nn.Module, Tensor, Tensor]
Look = Callable[..., Examination]
EPS = 0.15
"""Of the robust net's training: at half of it most samples stand, at twice few do."""


@pytest.fixture(scope="session")
def robust_net(digits_net: Digits) -> nn.Module:
    """A net trained against a few steps of PGD, on images that the plain net gets right."""
    _, x, y = digits_net
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Flatten(), nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        for step in range(300):
            rows = torch.randint(len(x), (64,))
            z = x[rows] + EPS * (2 * torch.rand_like(x[rows]) - 1)
            for _ in range(3):
                z = z.clamp(0, 1).requires_grad_(True)
                (slope,) = torch.autograd.grad(F.cross_entropy(net(z), y[rows]), z)
                z = x[rows] + (z.detach() + EPS / 2 * slope.sign() - x[rows]).clamp(-EPS, EPS)
            for group in optimizer.param_groups:
                group["lr"] = 1e-2 * (1 - step / 300)
            optimizer.zero_grad()
            F.cross_entropy(net(z.clamp(0, 1)), y[rows]).backward()
            optimizer.step()
    optimizer.zero_grad()
    return net.eval().requires_grad_(False)


@pytest.fixture
def look(digits_net: Digits) -> Iterator[Look]:
    """Look into a model, a module or a plain function, on digits or data of one's own."""
    _, x, y = digits_net
    digits = Dataset(x, y)

    def looked(model: object, data: Dataset = digits, threat: str = "linf(0.1)", *, fast: bool = False) -> Examination:
        model = model if isinstance(model, nn.Module) else Function(model)
        loaded = load_model(model, input_shape=data.shape, classes=data.classes)
        rows = torch.arange(len(data))
        return examine(loaded, data, rows, parse_as(Threat, threat), fast=fast)

    return looked


class Function(nn.Module):
    """A function of images in the form of a module."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> object:
        return self.function(x)  # type: ignore[operator]
