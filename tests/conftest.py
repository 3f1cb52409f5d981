"""What several tests share: one small trained net, and images it gets right."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

DigitsNet = tuple[nn.Module, Tensor, Tensor]


def _train(net: nn.Module, x: Tensor, y: Tensor, epochs: int) -> None:
    order = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=epochs * -(-len(x) // 128))
    net.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    net.eval()


@pytest.fixture(scope="session")
def digits_net() -> DigitsNet:
    """A convolutional net with batch norm in eval mode, and 200 test images (n, 1, 8, 8) with labels it gets right."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(images / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(labels)
    test = torch.arange(len(x)) % 4 == 3
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Flatten(), nn.Linear(32 * 16, 10),
        )  # fmt: skip
        _train(net, x[~test], y[~test], epochs=8)
    with torch.no_grad():
        right = net(x[test]).argmax(1) == y[test]
    assert right.float().mean() >= 0.95, "the shared net must be worth attacking"
    return net, x[test][right][:200], y[test][right][:200]
