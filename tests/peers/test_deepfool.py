"""DeepFool beside adv_lib's and foolbox's, at 50 steps each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_as_near(
    robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float], norm: str
) -> None:
    foolbox = pytest.importorskip("foolbox")
    df = pytest.importorskip("adv_lib.attacks").df
    net, x, y = robust_net
    method = {"l2": foolbox.attacks.L2DeepFoolAttack, "linf": foolbox.attacks.LinfDeepFoolAttack}[norm]
    wrapped = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    theirs = [
        median_distance(net, x, y, df(net, x, y, norm={"l2": 2, "linf": float("inf")}[norm], steps=50), norm),
        median_distance(net, x, y, method(steps=50)(wrapped, x, y, epsilons=None)[1], norm),
    ]
    ours = sparring.attack(net, x, y, "deepfool", f"{norm}(inf)")
    print(f"deepfool {norm}: ours {float(ours.distance.median()):.4f}, adv_lib and foolbox {theirs}")
    assert ours.success.all()
    assert float(ours.distance.median()) <= 1.01 * min(theirs)
