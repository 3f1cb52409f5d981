"""APGD beside adv_lib's, at equal gradients; the mean of three seeds each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("loss", ["ce", "dlr"])
@pytest.mark.parametrize(("norm", "order", "eps"), [("linf", float("inf"), 0.2), ("l2", 2, 1.6), ("l1", 1, 7.0)])
def test_as_strong(
    robust_net: tuple[nn.Module, Tensor, Tensor], norm: str, order: float, eps: float, loss: str
) -> None:
    apgd = pytest.importorskip("adv_lib.attacks").apgd
    net, x, y = robust_net
    theirs, ours = [], []
    for seed in range(3):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            images = apgd(net, x, y, eps=eps, norm=order, n_iter=40, loss_function=loss)
        theirs.append(float((net(images).argmax(1) == y).double().mean()))
        found = sparring.attack(net, x, y, f"apgd(steps=41, loss={loss})", f"{norm}({eps})", seed=seed)
        ours.append(found.robust_accuracy)
    print(f"apgd {loss} {norm}: ours {ours}, adv_lib {theirs}")
    assert sum(ours) / 3 <= sum(theirs) / 3 + 0.005
