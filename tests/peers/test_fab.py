"""FAB-T beside the reference code that its authors published, at equal steps: fewer passes, no weaker."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.2), ("l2", 1.6), ("l1", 7.0)])
def test_as_strong(robust_net: tuple[nn.Module, Tensor, Tensor], norm: str, eps: float) -> None:
    peer = pytest.importorskip("pyautoattack.fab_pt").FABAttack_PT
    net, x, y = robust_net
    x, y, spent = x[:100], y[:100], 0

    def counted(z: Tensor) -> Tensor:
        nonlocal spent
        spent += len(z)
        logits: Tensor = net(z)
        if logits.requires_grad:
            spent += len(z)
        return logits

    images = peer(
        counted, norm=norm.title(), n_restarts=1, n_iter=30, eps=eps, targeted=True, n_target_classes=3, device="cpu"
    ).perturb(x, y)
    size = torch.linalg.vector_norm((images - x).flatten(1), ord={"linf": float("inf"), "l2": 2, "l1": 1}[norm], dim=1)
    theirs = float(((net(images).argmax(1) != y) & (size <= eps * (1 + 1e-6))).double().mean())
    ours = sparring.attack(net, x, y, "fab(steps=30, targets=3)", f"{norm}({eps})")
    used = int((ours.forwards + ours.backwards).sum())
    print(f"fab {norm}: ours {ours.success_rate:.3f} in {used} passes, peer {theirs:.3f} in {spent}")
    assert ours.success_rate >= theirs - 0.01
    assert used <= spent
