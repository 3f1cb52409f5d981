"""The mirror answers as the net in eval mode, after every refresh, and the net does not know of it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.mirror import Mirror
from sparring.registry import parse

X = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def moved(net: nn.Module, seed: int) -> nn.Module:
    """Move weights and running statistics as a few steps of training would, or more."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(0.3 + 2 * torch.rand(value.shape, generator=generator))
            elif value.is_floating_point():
                value.add_(0.2 * torch.randn(value.shape, generator=generator))
            else:
                value.add_(3)
    return net


class Joined(nn.Module):
    """Channels of two branches side by side: padding one of them would move the other's."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 5, 3), nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6))
        self.c, self.head = nn.Conv2d(11, 4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(F.relu(self.c(torch.cat([self.a(x), self.b(x)], 1))).mean((2, 3)))
        return y


class Twice(nn.Module):
    """A convolution's output is read by its norm and by a sum: folding one into the other is wrong.

    As a fresh norm does nothing, that cannot be seen before training.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        out: Tensor = self.head((y + self.norm(y)).mean((2, 3)))
        return out


class Kept(nn.Module):
    """What goes into a ReLU is read again by the backward pass of the layer before."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.head = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.relu(self.conv(x).sigmoid()).mean((2, 3)))
        return out


NETS = {
    "cnn": lambda: parse("cnn(width=3)").build((3, 8, 8), 4, seed=0),
    "resnet of width 22": lambda: parse("resnet(width=22)").build((3, 8, 8), 4, seed=0),
    "resnet of width 8": lambda: parse("resnet(width=8)").build((3, 8, 8), 4, seed=0),
    "mlp": lambda: parse("mlp(hidden=(9,))").build((3, 8, 8), 4, seed=0),
    "norms without convolutions": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(192, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Dropout(0.5), nn.Linear(7, 3)
    ),
    "groups": lambda: nn.Sequential(
        nn.Conv2d(3, 6, 3, groups=3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 9, 1),
        nn.Flatten(),
        nn.Linear(9 * 36, 3),
    ),
    "concatenated": Joined,
    "another norm": lambda: nn.Sequential(
        nn.Conv2d(3, 6, 3),
        nn.GroupNorm(2, 6),
        nn.ReLU(),
        nn.Conv2d(6, 5, 3),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(20, 3),
    ),
    "norm before convolution": lambda: nn.Sequential(
        nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(180, 3)
    ),
    "read twice": Twice,
    "kept for the way back": Kept,
}


@pytest.mark.parametrize("name", NETS)
def test_it_answers_as_the_net_in_eval_mode_after_every_refresh(name: str) -> None:
    """T8, T27: logits and gradients by the image, as weights and running statistics move on."""
    torch.manual_seed(1)
    net = NETS[name]().train()
    mirror = Mirror(net, X[:2])
    for seed in range(3):
        if seed:
            moved(net, seed)
            mirror.refresh()
        twin = copy.deepcopy(net).eval()
        answers = []
        for ask in (mirror.logits, twin):
            x = X.clone().requires_grad_(True)
            logits = ask(x)
            answers.append((logits.detach(), torch.autograd.grad(logits.softmax(1)[:, 1].sum(), x)[0]))
        (logits, slope), (want, wanted) = answers
        scale = float(want.abs().max())
        torch.testing.assert_close(logits, want, rtol=1e-5, atol=1e-5 * scale)
        torch.testing.assert_close(slope, wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("name", ["resnet of width 22", "norms without convolutions"])
def test_the_net_is_left_as_it_was(name: str) -> None:
    """T27, T28, T29: mode of every module, statistics, gradients and flags; no graph leads to its weights."""
    net = NETS[name]().train()
    list(net.modules())[-1].eval()
    next(net.parameters()).requires_grad_(False)
    state = copy.deepcopy(net.state_dict())
    modes = [module.training for module in net.modules()]
    mirror = Mirror(net, X[:2])
    mirror.refresh()
    x = X.clone().requires_grad_(True)
    mirror.logits(x).sum().backward()
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert [p.requires_grad for p in net.parameters()] == [False] + [True] * (len(modes_of(net)) - 1)
    assert x.grad is not None
    assert not mirror.logits(X).requires_grad


def modes_of(net: nn.Module) -> list[bool]:
    return [p.requires_grad for p in net.parameters()]


def test_a_quick_copy_is_folded_and_widened_where_that_is_right() -> None:
    """Else every net would pass by being copied plainly."""
    mirror = Mirror(NETS["resnet of width 22"](), X[:2])
    modules = list(mirror._twin.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in modules)
    assert all(module.out_channels % 8 == 0 for module in modules if isinstance(module, nn.Conv2d))
    assert len(mirror._folds) == 9


def test_a_refresh_is_a_copy_and_nothing_moves_without_it() -> None:
    net = NETS["resnet of width 8"]().train()
    mirror = Mirror(net, X[:2])
    before = mirror.logits(X)
    moved(net, 1)
    assert torch.equal(mirror.logits(X), before)
    mirror.refresh()
    assert not torch.allclose(mirror.logits(X), before)


@pytest.mark.parametrize("name", ["resnet of width 22", "mlp"])
def test_in_bfloat16_logits_are_float32_and_near(name: str) -> None:
    net = NETS[name]().train()
    mirror = Mirror(net, X[:2], torch.bfloat16)
    mirror.refresh()
    logits, want = mirror.logits(X), copy.deepcopy(net).eval()(X)
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, want)
    torch.testing.assert_close(logits, want, rtol=0.05, atol=0.05 * float(want.detach().abs().max()))
