"""The boundary attack beside foolbox's, at equal queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring
from sparring.bench.counting import Counting

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("steps", [800, 3000])
def test_as_near(
    robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float], steps: int
) -> None:
    foolbox = pytest.importorskip("foolbox")
    net, x, y = robust_net
    x, y = x[:60], y[:60]
    counted = Counting(net)
    wrapped = foolbox.PyTorchModel(counted, bounds=(0, 1), device="cpu")
    images = foolbox.attacks.BoundaryAttack(steps=steps)(wrapped, x, y, epsilons=None)[1]
    theirs, queries = median_distance(net, x, y, images, "l2"), counted.forwards // len(x)
    ours = sparring.attack(net, x, y, f"boundary(queries={queries})", "l2(inf)")
    print(f"boundary, {queries} queries: ours {float(ours.distance.median()):.4f}, foolbox {theirs:.4f}")
    assert ours.success.all()
    assert float(ours.distance.median()) <= 1.1 * theirs
