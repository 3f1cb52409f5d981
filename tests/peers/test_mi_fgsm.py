"""MI-FGSM beside torchattacks', same steps and step size: the same images, up to ties."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_same_images(robust_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """Only the scale of the velocity differs (a sum there, a mean here), which no step sees."""
    torchattacks = pytest.importorskip("torchattacks")
    net, x, y = robust_net
    images = torchattacks.MIFGSM(net, eps=0.2, alpha=0.02, steps=10, decay=1.0)(x, y)
    found = sparring.attack(net, x, y, "mi_fgsm(step_size=0.02)", "linf(0.2)", early_stop=False, fast=False)
    theirs = float((net(images).argmax(1) == y).double().mean())
    print(f"mi_fgsm: ours {found.robust_accuracy:.4f}, torchattacks {theirs:.4f}")
    assert found.robust_accuracy <= theirs + 0.005
    same = (found.strongest - images).abs().flatten(1).amax(1) < 1e-5
    assert same.double().mean() > 0.8  # for the others a step before the last was the strongest
