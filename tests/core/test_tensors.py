"""What goes into files is whole, in order, and a copy."""

from __future__ import annotations

import torch
from safetensors.torch import load, save
from torch import nn

from sparring.core.tensors import stored


def test_weights_in_any_order_of_memory_come_back_from_a_file() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 5), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    kept = load(save(stored(net)))
    assert set(kept) == set(net.state_dict())
    for name, value in net.state_dict().items():
        assert torch.equal(kept[name], value)


def test_it_is_a_copy_even_of_weights_that_two_layers_share() -> None:
    net = nn.ModuleList([nn.Linear(2, 2)] * 2)
    kept = stored(net)
    save(kept)  # safetensors refuses tensors of one place in memory
    before = kept["0.weight"].clone()
    with torch.no_grad():
        net[0].weight.zero_()
    assert torch.equal(kept["0.weight"], before)
    assert not kept["1.bias"].requires_grad
