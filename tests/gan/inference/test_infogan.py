"""InfoGAN: parts of codes have their laws, and the bound is the information where Q can be right."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan import Judgement
from sparring.gan._moment import Moment
from sparring.gan.inference.infogan import Parts
from sparring.registry import parse

DENSE = "nets=dense(latent=6, hidden=(16,)), batch_size=16"


def test_parts_of_normal_codes_have_their_laws():
    z = torch.randn(20_000, 7, generator=torch.Generator().manual_seed(0))
    made = Parts(3, 2)(z)
    assert made.shape == z.shape
    assert torch.equal(made[:, :3].sum(1), torch.ones(len(z)))
    torch.testing.assert_close(made[:, :3].mean(0), torch.full((3,), 1 / 3), rtol=0, atol=0.015)
    torch.testing.assert_close(made[:, 3:5].square().mean(0), torch.full((2,), 1 / 3), rtol=0, atol=0.01)
    assert made[:, 3:5].abs().max() <= 1
    assert torch.equal(made[:, 5:], z[:, 5:])
    assert torch.equal(Parts(0, 0)(z), z)


def test_the_losses_are_those_of_the_formula(play):
    """−λ (E log Q(c | x) + H(c)) is added to both players' losses, each of its own made images."""
    table = play(f"dcgan({DENSE}, inference=infogan(classes=3, degrees=1, weight=0.5))")
    batch, d, g = table.feed.batch(0, round_=0), table.discriminator, table.generator
    for turn in table.game.turns(batch):
        z = Moment(batch, turn.player).streams("z").normal((6,))
        x = g(z)
        said = d.tells(d.features(x))
        degree = torch.distributions.Normal(said[:, 3], (3 * (said[:, 4] / 3).tanh()).exp())
        c = torch.erf(z[:, 3] / 2**0.5)
        bound = -F.cross_entropy(said[:, :3], z[:, :3].argmax(1)) + degree.log_prob(c).mean() + math.log(3 * 2)
        own = F.softplus(-d(x)) if turn.player == "generator" else F.softplus(d(x)) + F.softplus(-d(batch.x))
        torch.testing.assert_close(turn.loss(), own.mean() - 0.5 * bound)
    torch.testing.assert_close(turn.figures["information"], bound)


def test_q_has_a_gradient_and_so_has_the_generator(play):
    """G27."""
    table = play(f"dcgan({DENSE}, loss=wgan(), inference=infogan(classes=3, degrees=1))")
    nn.init.zeros_(table.discriminator.score.weight)  # whatever moves, the bound moves it
    first, second = table.game.turns(table.feed.batch(0, round_=0))
    table.table.gradient(first)
    assert all(bool(p.grad.any()) for p in table.discriminator.tells.parameters())
    assert all(bool(p.grad.any()) for p in table.discriminator.body.parameters())
    table.table.gradient(second)
    assert all(bool(p.grad.any()) for p in table.generator.parameters())


def test_the_bound_rises_to_the_information_of_a_toy(moment):
    """G27. c = ±1, x = c + N(0, 1): a linear Q can be right, and I = log 2 − E log(1 + e^(−2cx)) = 0.337 nats."""
    torch.manual_seed(0)
    unit, net = parse("infogan(classes=2, degrees=0)"), nn.Linear(1, 2)
    judge = parse("dense(hidden=(1,))", "nets").discriminator((1,))
    judge.tells = net
    adam, seen = torch.optim.Adam(net.parameters(), 0.05), []
    for _ in range(150):
        z = torch.randn(2000, 2)
        x = 2.0 * z.argmax(1, keepdim=True) - 1 + torch.randn(2000, 1)
        now = moment(x, "generator")
        loss = unit.told(z, Judgement(x[:, 0], None, x), judge, now)
        adam.zero_grad()
        loss.backward()
        adam.step()
        seen.append(now.figures["information"].item())
    x = torch.randn(400_000) + 1
    exact = math.log(2) - F.softplus(-2 * x).mean().item()
    assert exact == pytest.approx(0.337, abs=0.003)
    assert sum(seen[-20:]) / 20 == pytest.approx(exact, abs=0.01)
    assert seen[0] < exact - 0.1


@pytest.mark.parametrize("fields", ["classes=1", "classes=0, degrees=0", "degrees=-1", "weight=0", "width=0"])
def test_bad_fields_are_refused(fields):
    with pytest.raises(InputError, match="of infogan"):
        parse(f"infogan({fields})", "inference")


def test_a_code_that_is_too_short_is_refused():
    with pytest.raises(InputError, match="a code of at least 12 numbers"):
        parse("gan(nets=dense(latent=8), inference=infogan())").build((2,))
