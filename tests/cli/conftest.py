"""A victim in a file, as a user would hand it in, and pictures for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.data import write_png

VICTIM = '''
import torch
from torch import nn

class Net(nn.Module):
    """Bright in the left half is class 0, in the right half class 1, in the middle rows class 2."""
    def __init__(self):
        super().__init__()
        self.flat, self.linear = nn.Flatten(), nn.Linear(64, 3)
        w = torch.zeros(3, 8, 8)
        w[0, :, :4], w[1, :, 4:], w[2, 3:5] = 1, 1, 1.5
        self.linear.weight.data, self.linear.bias.data = w.flatten(1), torch.zeros(3)
    def forward(self, x):
        return self.linear(self.flat(x))

def build():
    return Net().eval()

def probabilities():
    return nn.Sequential(Net(), nn.Softmax(1)).eval()

def nan():
    net = Net().eval()
    net.linear.bias.data[1] = float("nan")
    return net

def no_gradient():
    class Hard(Net):
        def forward(self, x):
            return super().forward((x.detach() * 4).round() / 4)
    return Hard().eval()

def color():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3)).eval()

def data():
    g = torch.Generator().manual_seed(0)
    y = torch.arange(60) % 3
    x = 0.3 + 0.1 * torch.rand(60, 1, 8, 8, generator=g)
    x[y == 0, :, :, :4] += 0.3
    x[y == 1, :, :, 4:] += 0.3
    x[y == 2, :, 3:5] += 0.5
    return x, y

def labels_out_of_range():
    x, y = data()
    return x, y + 5

def nan_pixels():
    x, y = data()
    x[7, 0, 3, 3] = float("nan")
    return x, y
'''


@pytest.fixture
def victim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with victim.py and picture.png, which the tests work in."""
    (tmp_path / "victim.py").write_text(VICTIM)
    picture = torch.full((1, 8, 8), 100, dtype=torch.uint8)
    picture[:, :, :4] = 120
    write_png(tmp_path / "picture.png", picture)
    monkeypatch.chdir(tmp_path)
    return tmp_path
