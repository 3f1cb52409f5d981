"""Two outputs, a partner for each class, and the angle between their gradients."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models.paired import PairedNet
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])
PARTNER = {"partner": torch.tensor([2, 0, 1])}


def paired(kit):
    return PairedNet(kit.linear(6), 3)


@pytest.mark.parametrize(("alpha", "lock"), [(1.0, 0.0), (0.0, 0.7), (0.5, 2.0)])
def test_the_loss_is_the_formula(kit, alpha, lock):
    """On a linear body the gradients by the image are known: W'(p − e)."""
    net, x = paired(kit), kit.inside()
    play = kit.make(net, x, Y, prepared=PARTNER)
    got = parse(f"collaborative(alpha={alpha}, lock={lock})").loss(play)
    pairs = PARTNER["partner"][Y]
    z, t = (net.body(x)[:, :3], net.body(x)[:, 3:])
    moved = net.body(play.made[0])[:, 3:]
    losses = [F.cross_entropy(a, b, reduction="none") for a, b in ((z, Y), (t, pairs), (moved, pairs))]
    one = (z.softmax(1) - F.one_hot(Y, 3)) @ net.body.weight[:3]
    two = (t.softmax(1) - F.one_hot(pairs, 3)) @ net.body.weight[3:]
    want = losses[0] + losses[1] + alpha * losses[2] + lock * F.cosine_similarity(one, two)
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
    slopes = [torch.autograd.grad(each.sum(), net.body.weight, retain_graph=True)[0] for each in (got, want)]
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-3, atol=1e-4)


def test_the_attacker_leaves_the_class_that_is_named(kit):
    """It climbs the first output alone: x + 1.25 ε in the sign of its slope, cut at ε."""
    net, x = paired(kit), kit.inside()
    play = kit.make(net, x, Y, prepared=PARTNER)
    parse("collaborative(steps=20)").loss(play)
    clean, moved = (F.cross_entropy(net.both(each)[0], Y, reduction="none") for each in (x, play.made[0]))
    assert bool((moved > clean).all())
    assert bool(play.threat.contains(x, play.made[0]).all())


def test_partners_are_the_classes_that_attacks_seldom_lead_to(kit):
    """A permutation without fixed points; and the net holds it from the first round on."""
    victim, net = kit.linear(4, seed=1), kit.linear(4)
    x = torch.rand(80, 6)
    y = victim(x).argmax(1)
    y[:4] = torch.arange(4)
    data = Dataset(x, y, tuple("abcd"))
    partner = parse("collaborative").prepare(kit.setting(net, data, "linf(0.2)", lambda: copy.deepcopy(victim)))[
        "partner"
    ]
    assert sorted(partner.tolist()) == [0, 1, 2, 3]
    assert bool((partner != torch.arange(4)).all())
    play = paired(kit)
    assert not torch.equal(play.partner, PARTNER["partner"])
    parse("collaborative").loss(kit.make(play, kit.inside(), Y, prepared=PARTNER))
    assert torch.equal(play.partner, PARTNER["partner"])


def test_bad_fields():
    with pytest.raises(InputError, match="alpha and lock of collaborative >= 0"):
        parse("collaborative(lock=-1)")
    with pytest.raises(InputError, match="steps of collaborative >= 1"):
        parse("collaborative(steps=0)")
