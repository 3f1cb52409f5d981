"""HopSkipJump beside foolbox's, at equal queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring
from sparring.bench.counting import Counting

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("steps", [4, 12])
@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_as_near(
    robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float], norm: str, steps: int
) -> None:
    foolbox = pytest.importorskip("foolbox")
    net, x, y = robust_net
    x, y = x[:60], y[:60]
    counted = Counting(net)
    wrapped = foolbox.PyTorchModel(counted, bounds=(0, 1), device="cpu")
    images = foolbox.attacks.HopSkipJumpAttack(steps=steps, constraint=norm)(wrapped, x, y, epsilons=None)[1]
    theirs, queries = median_distance(net, x, y, images, norm), counted.forwards // len(x)
    ours = sparring.attack(net, x, y, f"hopskipjump(queries={queries})", f"{norm}(inf)")
    print(f"hopskipjump {norm}, {queries} queries: ours {float(ours.distance.median()):.4f}, foolbox {theirs:.4f}")
    assert ours.success.all()
    assert float(ours.distance.median()) <= 1.1 * theirs
