"""Nets side by side say what each says alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan.tricks.principal_axes import Axes
from sparring.modes._stack import can_stack, stack, unstack


def nets() -> list[nn.Module]:
    return [nn.Sequential(nn.Linear(3, 5), nn.LeakyReLU(0.2), nn.Linear(5, 2, bias=False)) for _ in range(4)]


def test_rows_go_through_the_net_of_their_seed() -> None:
    apart, x = nets(), torch.randn(28, 3)
    whole = stack(apart)
    assert torch.allclose(
        whole(x), torch.cat([net(part) for net, part in zip(apart, x.chunk(4), strict=True)]), atol=1e-6
    )
    assert sum(p.numel() for p in whole.parameters()) == sum(p.numel() for net in apart for p in net.parameters())


def test_slopes_and_slopes_of_slopes_are_those_of_each_net() -> None:
    apart, x = [each.double() for each in nets()], torch.randn(8, 3, dtype=torch.float64)
    whole = stack(apart)

    def penalty(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
        x = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(net(x).square().sum(), x, create_graph=True)
        return slope.square().sum()

    penalty(whole, x).backward()
    for place, (net, part) in enumerate(zip(apart, x.chunk(4), strict=True)):
        penalty(net, part).backward()
        assert torch.allclose(whole[0].weight.grad[place], net[0].weight.grad)
        assert torch.allclose(whole[2].weight.grad[place], net[2].weight.grad)


def test_a_net_comes_out_as_it_went_in() -> None:
    apart = nets()
    whole = stack(apart)
    for place, net in enumerate(apart):
        back = unstack(whole, place, apart[0])
        assert all(torch.equal(a, b) for a, b in zip(back.parameters(), net.parameters(), strict=True))


def test_axes_of_the_same_data_are_shared_and_come_out_again() -> None:
    apart = [nn.Sequential(nn.Linear(3, 2), Axes(torch.ones(2), 2 * torch.eye(2))) for _ in range(3)]
    whole, x = stack(apart), torch.randn(6, 3)
    assert torch.allclose(
        whole(x), torch.cat([net(part) for net, part in zip(apart, x.chunk(3), strict=True)]), atol=1e-6
    )
    like = nn.Sequential(nn.Linear(3, 2), Axes(torch.full((2,), torch.nan), torch.full((2, 2), torch.nan)))
    assert torch.equal(unstack(whole, 2, like)(x), apart[2](x))
    other = nn.Sequential(nn.Linear(3, 2), Axes(torch.zeros(2), 2 * torch.eye(2)))
    with pytest.raises(InputError, match="expected the same axes"):
        stack([*apart, other])


def test_nets_with_other_weights_are_not_stacked() -> None:
    for net in (nn.Conv2d(1, 1, 3), nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.ReLU()):
        assert not can_stack(net)
    with pytest.raises(InputError, match="expected nets of linear layers alone"):
        stack([nn.Conv2d(1, 1, 3)])
