"""TRADES by hand, and an attacker that does not begin where its slope is zero."""

from __future__ import annotations

import pytest
import torch

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
    got = parse("trades(beta=3)").loss(play)
    (away,) = play.made
    p, q = (net.net(each).double().softmax(1) for each in (x, away))
    want = -p.gather(1, Y[:, None])[:, 0].log() + 3 * kl(p, q)
    torch.testing.assert_close(got.double(), want, rtol=1e-4, atol=1e-5)
    assert bool(play.threat.contains(x, away).all())


def test_the_attacker_finds_a_large_divergence(kit):
    """On two classes the largest lies at a corner x ± ε sign(w); at most one of the two is missed."""
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    play = kit.make(net, x, y)
    parse("trades").loss(play)
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
    parse("trades(steps=1, step_size=1e-9)").loss(first)  # where it begins: nearly no step
    start = first.made[0]
    assert 1e-4 < float((start - x).abs().max()) < 0.01
    assert bool((play.slope(start, objective).abs().flatten(1).amax(1) > 1e-5).all())


def test_one_step_is_at_most_half_of_eps(kit):
    """0.5 ε for 1 to 5 steps, 2.5 ε / steps for more."""
    net, x = kit.linear(), kit.inside()
    for steps, size in ((1, 0.05), (25, 0.01)):
        play, want = kit.make(net, x, Y), []
        real = play.attacked
        object.__setattr__(
            play, "attacked", lambda *a, real=real, want=want, **k: want.append(k["step_size"]) or real(*a, **k)
        )
        parse(f"trades(steps={steps})").loss(play)
        assert want == [pytest.approx(size)]


def test_the_net_learns_from_both_sides(kit):
    """The gradient is that of the formula with p(x) and p(x') both alive."""
    net, x = kit.linear(), kit.inside()
    play = kit.make(net, x, Y)
    loss = parse("trades(beta=2)").loss(play).sum()
    got = torch.autograd.grad(loss, net.weight)[0]
    p, q = net(x).softmax(1), net(play.made[0]).softmax(1)
    want = torch.autograd.grad((-p.gather(1, Y[:, None])[:, 0].log() + 2 * kl(p, q)).sum(), net.weight)[0]
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)


def test_divergence_is_exact_where_softmax_is_not():
    """KL of certain answers: no log of zero."""
    one = torch.tensor([[0.0, 400.0], [2.0, 2.0]])
    two = torch.tensor([[0.0, 300.0], [2.0, 2.0]])
    got = divergence(one, two)
    assert got.tolist() == [0, 0]
    assert divergence(torch.tensor([[200.0, 0.0]]), torch.tensor([[0.0, 200.0]])).item() == pytest.approx(200)


def test_bad_fields():
    with pytest.raises(InputError, match="beta of trades > 0"):
        parse("trades(beta=0)")
    with pytest.raises(InputError, match="steps of trades"):
        parse("trades(steps=0)")
