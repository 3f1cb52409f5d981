"""Checksums and the wrappers."""

import copy

import torch
from torch import nn

from sparring.models._loaded import CallableModel, LoadedModel, checksum
from sparring.victims.black_box import BlackBox
from sparring.victims.torch import TorchVictim


def test_the_checksum_sees_weights_buffers_names_and_source():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    same = copy.deepcopy(net)
    assert checksum(net) == checksum(same)
    same[1].running_mean[0] = 1
    other = copy.deepcopy(net)
    with torch.no_grad():
        other[0].weight[0, 0] += 1e-6
    renamed = nn.Sequential(nn.Sequential(net[0]), net[1])
    assert len({checksum(net), checksum(same), checksum(other), checksum(renamed), checksum(net, "source")}) == 5


def test_bfloat16_and_booleans_have_checksums():
    net = nn.Linear(2, 2).bfloat16()
    net.register_buffer("mask", torch.tensor(True))
    first = checksum(net)
    net.mask.fill_(False)
    assert checksum(net) != first


def test_a_function_becomes_a_module():
    model = CallableModel(lambda x: x.flatten(1) * 2)
    assert model(torch.ones(1, 1, 2)).tolist() == [[2.0, 2.0]]
    assert repr(LoadedModel(model, "f")) == "LoadedModel(f: any shape in, unnamed classes out)"


def test_a_loaded_model_becomes_the_victim_its_access_allows():
    net = nn.Linear(2, 3)
    assert isinstance(LoadedModel(net, "net").victim(), TorchVictim)
    assert not LoadedModel(net, "net").victim(fast=False).fast
    box = LoadedModel(CallableModel(lambda x: net(x).argmax(1)), "net", ("a", "b", "c"), access="decision").victim()
    assert isinstance(box, BlackBox)
    assert (box.access, box.classes) == ("decision", 3)
    assert box.answer(torch.ones(4, 2)).shape == (4, 3)
