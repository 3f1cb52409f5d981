"""One step from noise: with and without the cut back to the ball."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.core.seeds import Streams, index_keys
from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])
EPS = 0.1


def shown(kit, text, x, threat="linf(0.1)"):
    net = kit.Recorded(kit.linear())
    loss = parse(text).loss(kit.make(net, x, Y, threat))
    assert len(net.seen) == 1
    torch.testing.assert_close(loss, F.cross_entropy(net.net(net.seen[0]), Y, reduction="none"))
    return net.net, net.seen[0]


def uniform(x, threat="linf(0.1)"):
    """The very draw, of ε."""
    return parse(threat).sample(x, Streams(index_keys(torch.arange(len(x)), 11))) - x


def ascent(net, z):
    return ((net(z).softmax(1) - F.one_hot(Y, 3)) @ net.weight).detach()


@pytest.mark.parametrize(("text", "noise", "size"), [
    ("fast", 2.0, EPS), ("fast(noise=0.5, step_size=0.03)", 0.5, 0.03), ("fast(noise=0)", 0.0, EPS),
])  # fmt: skip
def test_noise_and_step_are_added_up_and_cut_to_the_box_alone(kit, text, noise, size):
    x = kit.inside()
    net, got = shown(kit, text, x)
    noisy = x + noise * uniform(x)
    torch.testing.assert_close(got, noisy + size * ascent(net, noisy).sign())
    if noise == 2:
        assert float((got - x).abs().max()) > 1.5 * EPS


def test_near_the_box_both_are_cut_to_it(kit):
    x = torch.rand(5, 6).round()
    _, got = shown(kit, "fast(noise=5)", x)
    assert float(got.min()) == 0
    assert float(got.max()) == 1


def test_projected_it_stays_in_the_threat_with_a_step_of_5_quarters(kit):
    x = kit.inside()
    net, got = shown(kit, "fast(noise=1, project=True)", x)
    noisy = x + uniform(x)
    want = (noisy + 1.25 * EPS * ascent(net, noisy).sign()).clamp(x - EPS, x + EPS)
    torch.testing.assert_close(got, want)


def test_in_l2_noise_and_step_have_their_lengths(kit):
    x, threat = kit.inside(), "l2(0.1)"
    net, got = shown(kit, "fast", x, threat)
    noisy = x + 2 * uniform(x, threat)
    slope = ascent(net, noisy)
    torch.testing.assert_close(got, noisy + 0.1 * slope / slope.norm(dim=1, keepdim=True), rtol=1e-5, atol=1e-6)


def test_bad_fields():
    with pytest.raises(InputError, match="noise of fast >= 0"):
        parse("fast(noise=-1)")
    with pytest.raises(InputError, match="step_size of fast > 0"):
        parse("fast(step_size=0)")
