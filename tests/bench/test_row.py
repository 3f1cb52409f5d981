"""One judge for all: images in the box, distances as they are, answers of the bare model."""

from __future__ import annotations

import torch
from torch import nn

from sparring import parse
from sparring.bench._row import judge, share_within
from sparring.threats import Threat


def victim() -> nn.Module:
    """Class 1 where the first value is above one half."""
    net = nn.Linear(2, 2).requires_grad_(False)
    net.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    net.bias.copy_(torch.tensor([0.5, 0.0]))
    return net


def limit() -> Threat:
    threat = parse("linf(0.2)", "threat")
    assert isinstance(threat, Threat)
    return threat


X = torch.full((6, 2), 0.4)
Y = torch.zeros(6, dtype=torch.int64)


def test_what_counts_and_what_does_not() -> None:
    z = X.clone()
    z[0, 0] = 0.55  # wrong, inside
    z[1, 0] = 0.45  # still right
    z[2, 0] = 0.9  # wrong, outside the ball: a distance, and no success
    z[3, 0] = 1.5  # outside the box
    z[4, 0] = torch.nan
    z[5, 0] = 0.6 + 1e-6  # wrong, outside the ball by rounding alone
    hit, distance = judge(victim(), limit(), X, Y, z, None)
    assert hit.tolist() == [True, False, True, False, False, True]
    assert torch.isinf(distance[[1, 3, 4]]).all()
    assert torch.allclose(distance[[0, 2, 5]], torch.tensor([0.15, 0.5, 0.2], dtype=distance.dtype), atol=1e-6)
    assert share_within(limit(), distance) == 2 / 6


def test_a_target_must_be_reached() -> None:
    z = X.clone()
    z[:, 0] = 0.55
    targets = torch.tensor([1, 1, 1, 0, 0, 0])
    hit, _ = judge(victim(), limit(), X, 1 - targets, z, targets)
    assert hit.tolist() == [True, True, True, False, False, False]


def test_the_peers_words_are_not_taken_for_it() -> None:
    """An image that is the original is no success, whatever its maker says."""
    hit, distance = judge(victim(), limit(), X, Y, X, None)
    assert not hit.any()
    assert share_within(limit(), distance) == 0
