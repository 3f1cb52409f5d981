"""MART by hand, and where answers are certain."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


def formula(clean, moved, y, lam):
    p, q = clean.softmax(1), moved.softmax(1)
    py, qy = (each.gather(1, y[:, None])[:, 0] for each in (p, q))
    wrong = q.scatter(1, y[:, None], 0).amax(1)
    return -qy.log() - (1 - wrong).log() + lam * (p * (p / q).log()).sum(1) * (1 - py)


@pytest.mark.parametrize("lam", [0.0, 5.0])
def test_the_loss_and_its_gradient_are_the_formulas(kit, lam):
    """BCE on x', the divergence weighed by how unsure the net is of x."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    got = parse(f"mart(lam={lam})").loss(play)
    want = formula(net(x).double(), net(play.made[0]).double(), Y, lam)
    torch.testing.assert_close(got.double(), want, rtol=1e-4, atol=1e-5)
    slopes = [torch.autograd.grad(each.sum(), net.weight, retain_graph=True)[0] for each in (got, want)]
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scale", [30.0, 1e3, 1e6])
def test_certain_answers_give_finite_losses_and_gradients(kit, scale):
    """1 − max p is zero in float32 long before its logarithm is infinite."""
    net = kit.linear()
    with torch.no_grad():
        net.weight.mul_(scale)
        net.bias.mul_(scale)
    x = torch.rand(5, 6)
    loss = parse("mart").loss(kit.make(net, x, Y))
    loss.mean().backward()
    assert bool(loss.isfinite().all())
    assert all(bool(p.grad.isfinite().all()) for p in net.parameters())


def test_the_attacker_climbs_cross_entropy(kit):
    """On a linear model to the worst corner."""
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    play = kit.make(net, x, y)
    parse("mart").loss(play)
    torch.testing.assert_close(play.made[0], x - 0.1 * (2 * y - 1)[:, None] * net.weight[1].sign())


def test_bad_fields():
    with pytest.raises(InputError, match="lam of mart >= 0"):
        parse("mart(lam=-1)")
    with pytest.raises(InputError, match="steps of mart >= 1"):
        parse("mart(steps=0)")
