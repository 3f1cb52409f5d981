"""The demo's step from noise, on a net small enough to know the answer."""

from pathlib import Path

import pytest
import torch
from torch import nn

from sparring.cli.demo import _from_noise
from sparring.models import LoadedModel


def test_it_aims_at_the_second_guess_and_tells_both_confidences(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    net[1].weight.data = torch.stack([torch.ones(16), -torch.ones(16), torch.zeros(16)])
    net[1].bias.data = torch.tensor([-6.0, -20.0, 0.0])
    model = LoadedModel(net.eval(), "tiny", ("a", "b", "c"), (1, 4, 4))
    made = _from_noise(model, "step", "forge(steps=1, step_size=0.4)", None, tmp_path / "x.png", 0, True)
    assert (made.before[0], made.after[0]) == ("a", "c")
    sure = float(net(made.final[None]).detach().softmax(1).amax())
    assert made.after[1] == pytest.approx(sure)
    assert (tmp_path / "x.png").exists()
