"""Figures of one attack run once; and whether a net reads its label off the perturbation."""

from __future__ import annotations

import torch
from torch import nn

from sparring.harden._careless import careless, one_step
from sparring.registry import parse


class Leaky(nn.Module):
    """Bright thirds, and a mark that says more: where pixels left the levels of 8 bits, the sum of all tells the class.

    A stand-in for a net that one-step training has taught to read the step itself (T7): on clean images it is wrong
    about class 0, on stepped ones, which its gradient marks, it is right about all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        rows = x[:, 0, :3].mean(2)
        clean = rows.detach() - torch.tensor([1.0, 0.0, 0.0])
        stepped = 5 * (0.5 - x[:, 0, 3].mean(1, keepdim=True)) * rows
        return 20 * (clean + stepped) + self.bias


def test_a_net_that_is_more_often_right_under_one_step_leaks(blocks):
    """T7: judged as they are; an image that was wrong before counts as right when the step puts it right."""
    data, threat = blocks(), parse("linf(0.3)")
    net = Leaky().eval()
    told = one_step(net, data, threat, 0)
    x, y = data.take()
    z = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(nn.functional.cross_entropy(net(z), y, reduction="sum"), z)
    stepped = threat.extreme(x, slope)
    right = [(net(each).argmax(1) == y).double().mean().item() for each in (x, stepped)]
    assert [told["clean"], told["stepped"]] == right
    assert told["leaks"] == (right[1] > right[0])


def test_the_flag_goes_up_with_the_figures(blocks, monkeypatch):
    """Above is a leak; equal or below is none."""
    from sparring.harden import _careless

    data, threat = blocks(30), parse("linf(0.1)")
    x = data.images()
    line = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()
    with torch.no_grad():
        line[1].weight.zero_()
        line[1].bias.zero_()
        for i in range(3):
            line[1].weight[i, 4 * i : 4 * i + 4] = 1
    told = {}
    for name, ahead in (("same", x), ("worse", x.flip(2)), ("better", x)):
        monkeypatch.setattr(_careless, "_ahead", lambda net, threat, x, y, ahead=ahead: ahead)
        net = line if name != "better" else nn.Sequential(Shifted(x), line)
        told[name] = one_step(net, data, threat, 0)["leaks"]
    assert told == {"same": False, "worse": False, "better": True}


class Shifted(nn.Module):
    """Blind the first time it is asked, as for clean images, and seeing the second time."""

    def __init__(self, x):
        super().__init__()
        self.asked = 0

    def forward(self, x):
        self.asked += 1
        return torch.zeros_like(x) if self.asked == 1 else x


def test_each_attack_alone_on_the_samples_of_the_audit(blocks):
    """A linear net at an ε that breaks all, and at one that breaks none; l0 has no single step."""
    data = blocks()
    line = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()
    with torch.no_grad():
        line[1].weight.zero_()
        line[1].bias.zero_()
        for i in range(3):
            line[1].weight[i, 4 * i : 4 * i + 4] = 1
    assert careless(line, data, parse("linf(0.01)"), 50, 0) == {"fgsm": 1.0, "pgd(steps=20)": 1.0}
    assert careless(line, data, parse("linf(0.5)"), 50, 0) == {"fgsm": 0.0, "pgd(steps=20)": 0.0}
    assert list(careless(line, data, parse("l0(1)"), 20, 0)) == ["pgd(steps=20)"]
