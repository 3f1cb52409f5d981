"""FGSM beside torchattacks': the same image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_same_image(robust_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    torchattacks = pytest.importorskip("torchattacks")
    net, x, y = robust_net
    images = torchattacks.FGSM(net, eps=0.2)(x, y)
    found = sparring.attack(net, x, y, "fgsm", "linf(0.2)", fast=False)
    broken = net(images).argmax(1) != y
    print(f"fgsm: ours {found.robust_accuracy:.4f}, torchattacks {float((~broken).double().mean()):.4f}")
    assert torch.equal(found.success, broken)
    torch.testing.assert_close(found.images[broken], images[broken], atol=1e-6, rtol=0)
