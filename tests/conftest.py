"""Fixtures that many tests share: a small net, trained once a session, and images it gets right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

if "PYTEST_XDIST_WORKER" in os.environ:  # one core a worker, and one for whatever it starts
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _same_draws() -> None:
    """Start every test from the same global random state, whatever ran before it."""
    torch.manual_seed(0)


def train_digits(net: nn.Module, x: Tensor, y: Tensor, *, epochs: int = 12, batch: int = 64) -> nn.Module:
    """Train a net in place on images (n, 1, 8, 8), the same way every time, and return it frozen in eval mode."""
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    order = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def digits_net() -> tuple[nn.Module, Tensor, Tensor]:
    """A small convolutional net on scikit-learn's digits, with 200 test images (n, 1, 8, 8) it gets right."""
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
    y = torch.tensor(labels, dtype=torch.int64)
    held = torch.arange(len(x)) % 4 == 3
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 10)),
        )
        train_digits(net, x[~held], y[~held])
    right = net(x[held]).argmax(1) == y[held]
    assert right.double().mean() >= 0.95
    return net, x[held][right][:200], y[held][right][:200]


@pytest.fixture(scope="session")
def gan_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a small GAN trained on scikit-learn's digits, 8 x 8 pixels, 8 numbers a code."""
    from sparring.train import train

    folder = tmp_path_factory.mktemp("gan") / "run"
    train("gan(nets=dense(hidden=(32,), latent=8), batch_size=32)", "digits:train", images=3200, out=folder)
    return folder


@pytest.fixture(scope="session")
def conditional_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, for a GAN that is told which digit to make."""
    from sparring.train import train

    folder = tmp_path_factory.mktemp("conditional") / "run"
    gan = "gan(nets=dense(hidden=(32,), latent=8), penalties=(), batch_size=32, conditional=True)"
    train(gan, "digits:train", images=1280, out=folder)
    return folder
