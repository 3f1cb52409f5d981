"""PGD beside torchattacks', same steps and step size."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_as_strong(robust_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    torchattacks = pytest.importorskip("torchattacks")
    net, x, y = robust_net
    with torch.random.fork_rng():
        torch.manual_seed(0)
        images = torchattacks.PGD(net, eps=0.2, alpha=0.0125, steps=40)(x, y)
    theirs = float((net(images).argmax(1) == y).double().mean())
    ours = sparring.attack(net, x, y, "pgd(steps=40, step_size=0.0125)", "linf(0.2)").robust_accuracy
    print(f"pgd: ours {ours:.4f}, torchattacks {theirs:.4f}")
    assert ours <= theirs + 0.005
