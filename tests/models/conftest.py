"""What the tests of the zoo share: a small trained net, images it gets right, and images that fool it."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

import sparring

EPS = "linf(0.25)"


@pytest.fixture(scope="session")
def fooled(digits_net: tuple[nn.Module, Tensor, Tensor]) -> tuple[nn.Module, Tensor, Tensor, Tensor]:
    """A net, images, labels, and images within linf(0.25) of those on which the net is wrong by a wide margin."""
    net, x, y = digits_net
    x, y = x[:60], y[:60]
    found = sparring.attack(net, x, y, "pgd(steps=20, loss=margin)", EPS, early_stop=False)
    assert found.robust_accuracy <= 0.02
    return net, x, y, found.strongest
