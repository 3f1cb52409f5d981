"""The average of weights: exact where nothing moves, half as far after a half-life, and buffers as they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.core.average import Average


def test_the_average_of_constant_weights_is_those_weights_to_the_bit() -> None:
    """G11."""
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Linear(2, 2))
    average = Average(net, 100.0)
    for _ in range(50):
        average.follow(net, 7)
    for name, value in net.state_dict().items():
        assert torch.equal(average.module.state_dict()[name], value), name


def test_buffers_are_those_of_the_net_and_never_averaged() -> None:
    """G11: running statistics and the counter of batches."""
    net = nn.BatchNorm1d(2)
    average = Average(net, 1e6)
    for _ in range(3):
        net(torch.rand(5, 2))
        average.follow(net, 5)
    assert average.module.num_batches_tracked.item() == 3
    assert average.module.num_batches_tracked.dtype == torch.int64
    assert torch.equal(average.module.running_mean, net.running_mean)
    assert torch.equal(average.module.running_var, net.running_var)


@pytest.mark.parametrize("step", [10, 25, 100])
def test_after_a_half_life_of_images_half_of_the_way_is_gone_whatever_the_batch(step: int) -> None:
    """w̄ − w halves every 100 images, once a fifth of the images seen is more than that."""
    net = nn.Linear(1, 1, bias=False).double()
    average = Average(net, 100.0)
    average.images = 10_000
    start = average.module.weight.item()
    with torch.no_grad():
        net.weight.add_(1.0)
    for _ in range(300 // step):
        average.follow(net, step)
    assert average.module.weight.item() == pytest.approx(start + 1 - 0.5**3, abs=1e-12)


def test_in_the_beginning_the_half_life_is_a_fifth_of_the_images_seen() -> None:
    """β = 2^(−images / (seen / 5)): of the weights at the very start 1/32 is left after the first step."""
    net = nn.Linear(1, 1, bias=False).double()
    average = Average(net, 1e9)
    start = average.module.weight.item()
    with torch.no_grad():
        net.weight.add_(1.0)
    average.follow(net, 40)
    assert average.module.weight.item() == pytest.approx(start + 1 - 2**-5, abs=1e-12)
    average.follow(net, 40)
    assert average.module.weight.item() == pytest.approx(start + 1 - 2**-7.5, abs=1e-12)


def test_it_is_a_copy_in_eval_mode_that_asks_for_nothing() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    average = Average(net, 10.0)
    assert not any(module.training for module in average.module.modules())
    assert not any(p.requires_grad for p in average.module.parameters())
    assert net.training
    assert all(p.requires_grad for p in net.parameters())


def test_it_goes_on_from_its_state() -> None:
    """G26: the images seen decide the next step too."""
    torch.manual_seed(0)
    net = nn.Linear(3, 2)
    one, two = Average(net, 50.0), Average(nn.Linear(3, 2), 50.0)
    with torch.no_grad():
        net.weight.mul_(2)
    one.follow(net, 20)
    two.load(one.state())
    with torch.no_grad():
        net.weight.add_(1)
    for each in (one, two):
        each.follow(net, 20)
    assert torch.equal(one.module.weight, two.module.weight)
    assert one.images == two.images == 40
