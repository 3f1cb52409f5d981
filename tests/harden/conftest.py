"""Data that a small net learns in a second, and nets of a user's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from sparring.data import Dataset

SOURCE = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))

def scores(x):
    return x.flatten(1)[:, :3]

def rejecting():
    from sparring.victims.black_box import BlackBox
    return BlackBox(lambda x: x.flatten(1)[:, :3], "scores", classes=3)
"""


def blocks(n: int = 120, name: str = "blocks:train", seed: int = 0) -> Dataset:
    """Images of 4 × 4 whose class is the bright third, with noise: a line tells them apart, at a distance."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    x = 0.3 + 0.2 * torch.rand(n, 1, 4, 4, generator=generator)
    for i in range(3):
        x[y == i, :, i] += 0.35
    return Dataset((x * 255).to(torch.uint8), y, ("a", "b", "c"), name)


def own() -> nn.Module:
    """A net of a user's own, in training mode, with a norm and a frozen weight."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))
    net[0].bias.requires_grad_(False)
    return net.train()


@pytest.fixture(name="blocks")
def _blocks() -> Callable[..., Dataset]:
    return blocks


@pytest.fixture(name="own")
def _own() -> Callable[[], nn.Module]:
    return own


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a user's own, with a function that builds a net."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path
