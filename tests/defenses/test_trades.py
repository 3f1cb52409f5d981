"""TRADES by hand, and an attacker that does not begin where its slope is zero."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.defenses.trades import departing, divergence
from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


def kl(p, q):
    return (p * (p / q).log()).sum(1)


@pytest.mark.parametrize("threat", ["linf(0.1)", "l2(0.4)", "l1(0.8)"])
def test_the_loss_is_the_formula(kit, threat):
    """L(x, y) + β KL(p(x) ‖ p(x')): from the image's side, by sample."""
    net, x = kit.Recorded(kit.linear()), kit.inside()
    play = kit.make(net, x, Y, threat)
    got = parse("trades(beta=3, carry=False)").loss(play)
    (away,) = play.made
    p, q = (net.net(each).double().softmax(1) for each in (x, away))
    want = -p.gather(1, Y[:, None])[:, 0].log() + 3 * kl(p, q)
    torch.testing.assert_close(got.double(), want, rtol=1e-4, atol=1e-5)
    assert bool(play.threat.contains(x, away).all())


def test_the_attacker_finds_a_large_divergence(kit):
    """On two classes the largest lies at a corner x ± ε sign(w); at most one of the two is missed."""
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    play = kit.make(net, x, y)
    parse("trades(steps=10, carry=False)").loss(play)
    p = net(x).softmax(1)
    corners = torch.stack([kl(p, net(x + s * 0.1 * net.weight[1].sign()).softmax(1)) for s in (-1, 1)])
    got = kl(p, net(play.made[0]).softmax(1))
    torch.testing.assert_close(
        torch.minimum((got - corners[0]).abs(), (got - corners[1]).abs()), torch.zeros(5), rtol=0, atol=1e-4
    )


def test_at_the_image_the_slope_is_zero_and_at_the_start_it_is_not(kit):
    """T8."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    objective = departing(play.look(x))
    assert float(play.slope(x, objective).abs().max()) < 1e-6
    begun = kit.Recorded(net)
    first = kit.make(begun, x, Y)
    parse("trades(steps=1, step_size=1e-9, carry=False)").loss(first)  # where it begins: nearly no step
    start = first.made[0]
    assert 1e-4 < float((start - x).abs().max()) < 0.01
    assert bool((play.slope(start, objective).abs().flatten(1).amax(1) > 1e-5).all())


def test_how_long_a_step_is(kit):
    """0.5 ε for 1 to 5 steps, 2.5 ε / steps for more; ε for 1 or 2 steps that are carried on."""
    net, x = kit.linear(), kit.inside()
    for text, size in (("steps=1, carry=False", 0.05), ("steps=25, carry=False", 0.01), ("steps=1", 0.1)):
        memory = {"carried": torch.zeros(5, 6, dtype=torch.int8), "reach": torch.zeros(5)}
        play, want = kit.make(net, x, Y, memory=memory), []
        real = play.attacked
        object.__setattr__(
            play, "attacked", lambda *a, real=real, want=want, **k: want.append(k["step_size"]) or real(*a, **k)
        )
        parse(f"trades({text})").loss(play)
        assert want == [pytest.approx(size)]


def test_it_can_begin_anywhere(kit):
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    parse("trades(steps=1, step_size=1e-9, start='uniform', carry=False)").loss(play)
    assert 0.08 < float((play.made[0] - x).abs().max()) <= 0.1


def test_the_net_learns_from_both_sides(kit):
    """The gradient is that of the formula with p(x) and p(x') both alive."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    loss = parse("trades(beta=2, carry=False)").loss(play).sum()
    got = torch.autograd.grad(loss, net.weight)[0]
    p, q = net(x).softmax(1), net(play.made[0]).softmax(1)
    want = torch.autograd.grad((-p.gather(1, Y[:, None])[:, 0].log() + 2 * kl(p, q)).sum(), net.weight)[0]
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)


def test_held_fixed_the_image_side_has_no_gradient(kit):
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    loss = parse("trades(beta=2, carry=False, fixed=True)").loss(play).sum()
    got = torch.autograd.grad(loss, net.weight)[0]
    p, q = net(x).softmax(1), net(play.made[0]).softmax(1)
    want = torch.autograd.grad((-p.gather(1, Y[:, None])[:, 0].log() + 2 * kl(p.detach(), q)).sum(), net.weight)[0]
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)


def test_divergence_is_exact_where_softmax_is_not():
    """KL of certain answers: no log of zero."""
    one = torch.tensor([[0.0, 400.0], [2.0, 2.0]])
    two = torch.tensor([[0.0, 300.0], [2.0, 2.0]])
    got = divergence(one, two)
    assert got.tolist() == [0, 0]
    assert divergence(torch.tensor([[200.0, 0.0]]), torch.tensor([[0.0, 200.0]])).item() == pytest.approx(200)


def test_before_it_sets_in_the_net_learns_from_what_fools_it(kit):
    net, x = kit.linear(), kit.inside()
    unit = parse("trades(steps=3, after=0.5, carry=False)")
    early, late = (kit.make(net, x, Y, share=share) for share in (0.4, 0.5))
    got = unit.loss(early)
    torch.testing.assert_close(got, F.cross_entropy(net(early.made[0]), Y, reduction="none"))
    assert torch.equal(unit.loss(late), parse("trades(steps=3, carry=False)").loss(kit.make(net, x, Y)))


def test_bad_fields():
    with pytest.raises(InputError, match="after of trades"):
        parse("trades(after=1)")
    with pytest.raises(InputError, match="beta of trades > 0"):
        parse("trades(beta=0)")
    with pytest.raises(InputError, match="steps of trades"):
        parse("trades(steps=0)")
