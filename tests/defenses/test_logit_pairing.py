"""Logit pairing by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


@pytest.mark.parametrize(("lam", "mix"), [(0.5, 0.0), (0.0, 1.0), (2.0, 0.7)])
def test_the_loss_is_the_formula(kit, lam, mix):
    """L(x, y) + μ L(x', y) + λ ‖z − z'‖² / k, and of a linear model z − z' = W (x − x')."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    got = parse(f"logit_pairing(lam={lam}, mix={mix})").loss(play)
    (away,) = play.made
    gap = (x - away) @ net.weight.T
    want = F.cross_entropy(net(x), Y, reduction="none") + mix * F.cross_entropy(net(away), Y, reduction="none")
    torch.testing.assert_close(got, want + lam * gap.square().sum(1) / 3, rtol=1e-4, atol=1e-5)


def test_both_sides_learn(kit):
    """∂/∂W of ‖W (x − x')‖² / k, for pairing alone against cross-entropy."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    loss = parse("logit_pairing(lam=1)").loss(play).sum()
    gap = x - play.made[0]
    got = torch.autograd.grad(loss - F.cross_entropy(net(x), Y, reduction="sum"), net.weight)[0]
    torch.testing.assert_close(got, 2 / 3 * (gap @ net.weight.T).T @ gap, rtol=1e-3, atol=1e-4)


def test_bad_fields():
    with pytest.raises(InputError, match="lam and mix of logit_pairing >= 0"):
        parse("logit_pairing(mix=-1)")
    with pytest.raises(InputError, match="steps of logit_pairing >= 1"):
        parse("logit_pairing(steps=0)")
