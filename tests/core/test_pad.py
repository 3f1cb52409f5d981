"""Widened nets give the same answers, and have the widths that were asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.core.pad import pad_channels
from sparring.registry import parse

X = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def nets() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "flatten": nn.Sequential(
            nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 3)
        ),
        "sigmoid": nn.Sequential(nn.Conv2d(3, 5, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(5 * 36, 3)),
        "mean": nn.Sequential(
            nn.Conv2d(3, 22, 3, bias=False), nn.ReLU(), nn.Conv2d(22, 9, 1), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(9, 4), nn.ReLU(), nn.Linear(4, 3),
        ),
        "even": nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 36, 3)),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["flatten", "sigmoid", "mean", "even"])
def test_answers_and_gradients_stay_and_widths_are_multiples_of_eight(name: str) -> None:
    net, wide = nets()[name], pad_channels(nets()[name], X)
    slopes = []
    for each in (net, wide):
        x = X.clone().requires_grad_(True)
        slopes.append(torch.autograd.grad(each(x).square().sum(), x)[0])
    torch.testing.assert_close(wide(X), net(X), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(slopes[1], slopes[0], rtol=1e-4, atol=1e-6)
    convolutions = [module for module in wide.modules() if isinstance(module, nn.Conv2d)]
    assert all(module.out_channels % 8 == module.weight.shape[0] % 8 == 0 for module in convolutions)
    assert convolutions[0].in_channels == 3
    assert all(module.in_channels % 8 == 0 for module in convolutions[1:])
    linear = [module for module in wide.modules() if isinstance(module, nn.Linear)]
    assert all(module.in_features == module.weight.shape[1] for module in linear)


def test_a_residual_net_of_width_22_without_norms() -> None:
    net = parse("resnet(width=22)").build((3, 8, 8), 10, seed=0).eval()
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    want = net(X)
    torch.testing.assert_close(pad_channels(net, X)(X), want, rtol=1e-4, atol=1e-5)


def test_hooks_are_gone_afterwards() -> None:
    wide = pad_channels(nets()["mean"], X)
    weights = [p.clone() for p in wide.parameters()]
    wide(X)
    assert all(torch.equal(p, before) for p, before in zip(wide.parameters(), weights, strict=True))
    assert not any(module._forward_pre_hooks for module in wide.modules())
