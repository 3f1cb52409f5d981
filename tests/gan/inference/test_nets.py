"""Images beside codes: there and back, the encoder's moments, and a discriminator that learns a known ratio."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan.inference import Encoder, JointDiscriminator
from sparring.gan.inference._nets import apart, beside
from sparring.registry import parse


def test_beside_and_apart_are_inverse():
    x, z = torch.rand(5, 3, 4, 2), torch.randn(5, 7)
    again, codes = apart(beside(x, z), (3, 4, 2))
    assert torch.equal(again, x)
    assert torch.equal(codes, z)


@pytest.mark.parametrize("nets", ["dense(hidden=(8,))", "dcgan(width=4)", "r3(width=4)", "residual(width=4)"])
def test_every_family_makes_an_encoder_and_a_joint_discriminator(nets):
    unit = parse(nets, "nets")
    encoder = Encoder(unit.discriminator((1, 9, 8)), 5, gaussian=True)
    x, noise = torch.rand(6, 1, 9, 8), torch.randn(6, 5)
    mean, deviation = encoder.eval().moments(x)
    torch.testing.assert_close(encoder(x), mean)
    torch.testing.assert_close(encoder(x, noise), mean + deviation * noise)
    assert bool((deviation > 0).all())
    judge = JointDiscriminator(unit.discriminator((1, 9, 8)), 5, 16).eval()
    assert judge.given == (77,)
    assert judge.shape == (1, 9, 8)
    one = judge.judge(beside(x, mean))
    assert one.scores.shape == (6,)
    torch.testing.assert_close(one.features, judge.features(x))
    assert not torch.allclose(one.scores, judge(beside(x, mean + 1))), "codes are looked at"
    assert not torch.allclose(one.scores, judge(beside(1 - x, mean))), "and so are images"
    with pytest.raises(InputError, match="rows of 72 pixels and 5 codes"):
        judge(torch.rand(2, 76))


def test_an_encoder_sees_images_as_a_discriminator_of_its_family_does():
    judge = parse("dense(hidden=(4,))", "nets").discriminator((2,))
    encoder, x = Encoder(judge, 4), torch.rand(5, 2)
    encoder.head = torch.nn.Identity()
    torch.testing.assert_close(encoder(x), judge.features(x))


def test_a_deviation_has_bounds():
    """Between them it is the exponential of what the net says."""
    encoder = Encoder(parse("dense(hidden=(4,))", "nets").discriminator((2,)), 3, gaussian=True)
    with torch.no_grad():
        encoder.head.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 1e9, -1e9, 0.01]))
        encoder.head.weight.zero_()
    want = torch.tensor([math.exp(3), math.exp(-3), math.exp(0.01)]).expand(2, 3)
    torch.testing.assert_close(encoder.moments(torch.rand(2, 2))[1], want)


def test_the_joint_score_becomes_the_log_ratio_of_two_normal_laws():
    """x and z correlated at 0.8 against independent: log p/q = ρ(xz − ρ(x² + z²)/2)/(1 − ρ²) − ½ log(1 − ρ²)."""
    torch.manual_seed(0)
    rho, n = 0.8, 512
    judge = JointDiscriminator(parse("dense(hidden=(32,))", "nets").discriminator((1,)), 1, 32)
    adam = torch.optim.Adam(judge.parameters(), 5e-3)

    def pairs(correlated: float) -> tuple[torch.Tensor, torch.Tensor]:
        x, e = torch.randn(n, 1), torch.randn(n, 1)
        return x, correlated * x + math.sqrt(1 - correlated**2) * e

    for step in range(300):
        adam.param_groups[0]["lr"] = 5e-3 * (1 - step / 300)
        real, fake = (judge(beside(x / 4 + 0.5, z)) for x, z in (pairs(rho), pairs(0.0)))
        loss = (F.softplus(-real) + F.softplus(fake)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    x, z = pairs(rho)
    exact = (rho * (x * z - rho * (x**2 + z**2) / 2) / (1 - rho**2) - 0.5 * math.log(1 - rho**2))[:, 0]
    error = (judge(beside(x / 4 + 0.5, z)) - exact).detach()
    assert error.abs().mean() < 0.15
    assert torch.corrcoef(torch.stack([error + exact, exact]))[0, 1] > 0.95
