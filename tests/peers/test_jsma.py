"""JSMA beside torchattacks', toward the same targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_as_few_coordinates(
    robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float]
) -> None:
    torchattacks = pytest.importorskip("torchattacks")
    net, x, y = (robust_net[0], robust_net[1][:20], robust_net[2][:20])
    targets = (y + 1) % 10
    method = torchattacks.JSMA(net, theta=1.0, gamma=0.1)
    method.set_mode_targeted_by_label(quiet=True)
    theirs = median_distance(net, x, y, method(x, targets), "l0", targets)
    ours = sparring.attack(net, x, y, "jsma(gamma=0.1)", targets=targets)
    print(f"jsma: ours {float(ours.distance.median())}, torchattacks {theirs}")
    assert float(ours.distance.median()) <= theirs
