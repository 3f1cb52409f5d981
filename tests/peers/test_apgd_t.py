"""Targeted APGD beside adv_lib's, at equal gradients; the mean of four seeds each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(("norm", "order", "eps"), [("linf", float("inf"), 0.2), ("l2", 2, 1.6), ("l1", 1, 7.0)])
def test_as_strong(robust_net: tuple[nn.Module, Tensor, Tensor], norm: str, order: float, eps: float) -> None:
    apgd_targeted = pytest.importorskip("adv_lib.attacks").apgd_targeted
    net, x, y = robust_net
    theirs, ours = [], []
    for seed in range(4):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            images = apgd_targeted(net, x, y, eps=eps, norm=order, n_iter=30, num_targets=4)
        theirs.append(float((net(images).argmax(1) == y).double().mean()))
        ours.append(
            sparring.attack(net, x, y, "apgd_t(steps=31, targets=4)", f"{norm}({eps})", seed=seed).robust_accuracy
        )
    print(f"apgd_t {norm}: ours {ours}, adv_lib {theirs}")
    assert sum(ours) / 4 <= sum(theirs) / 4 + 0.005
