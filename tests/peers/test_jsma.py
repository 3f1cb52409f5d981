"""JSMA beside torchattacks', toward the same targets."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_as_few_coordinates(robust_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """At least as many targets reached, and fewer coordinates where both reach theirs."""
    torchattacks = pytest.importorskip("torchattacks")
    net, x, y = (robust_net[0], robust_net[1][:20], robust_net[2][:20])
    targets = (y + 1) % 10
    method = torchattacks.JSMA(net, theta=1.0, gamma=0.1)
    method.set_mode_targeted_by_label(quiet=True)
    images = method(x, targets)
    reached = net(images).argmax(1) == targets
    counts = (images != x).flatten(1).sum(1)
    ours = sparring.attack(net, x, y, "jsma(gamma=0.1)", targets=targets)
    both = reached & ours.success
    assert both.any()
    fewer, more = float(ours.distance[both].median()), float(counts[both].median())
    print(f"jsma: ours {fewer} ({int(ours.success.sum())} of 20), torchattacks {more} ({int(reached.sum())} of 20)")
    assert int(ours.success.sum()) >= int(reached.sum())
    assert fewer <= more
