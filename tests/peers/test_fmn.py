"""FMN beside adv_lib's, at equal passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring
from sparring.attacks.fmn import FMN

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("steps", [30, 100])
@pytest.mark.parametrize(("norm", "order"), [("linf", float("inf")), ("l2", 2), ("l1", 1), ("l0", 0)])
def test_as_near(
    robust_net: tuple[nn.Module, Tensor, Tensor],
    median_distance: Callable[..., float],
    norm: str,
    order: float,
    steps: int,
) -> None:
    fmn = pytest.importorskip("adv_lib.attacks").fmn
    net, x, y = robust_net
    equal = FMN(steps=steps).passes(10) // 2  # one forward and one backward a step there
    theirs = median_distance(net, x, y, fmn(net, x, y, norm=order, steps=equal), norm)
    ours = sparring.attack(net, x, y, f"fmn(steps={steps})", f"{norm}(inf)")
    print(f"fmn {norm} steps={steps}: ours {float(ours.distance.median()):.4f}, adv_lib {theirs:.4f}")
    assert ours.success.all()
    assert float(ours.distance.median()) <= 1.01 * theirs
