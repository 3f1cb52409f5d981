"""VEEGAN: the loss by hand, who learns from what, and the net that finds codes is the posterior mean."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan import Generator
from sparring.gan._moment import Moment
from sparring.gan.inference import Encoder, Made, encoder_of
from sparring.gan.inference._nets import beside
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,)), batch_size=16"


def test_the_losses_are_those_of_the_formula(play):
    """−log σ(s) − log σ(−s') for D; for G and F the mean of −s' + λ ‖z − F(G(z))‖²."""
    table = play(f"veegan({DENSE}, inference=veegan(weight=0.5))")
    batch, d, g = table.feed.batch(0, round_=0), table.discriminator, table.generator
    f = encoder_of(g)
    first, second = table.game.turns(batch)
    z = Moment(batch, "discriminator").streams("z").normal((4,))
    want = F.softplus(-d(beside(batch.x, f(batch.x)))).mean() + F.softplus(d(beside(g(z), z))).mean()
    torch.testing.assert_close(first.loss(), want)
    z = Moment(batch, "generator").streams("z").normal((4,))
    rebuilt = (z - f(g(z))).square().sum(1).mean()
    torch.testing.assert_close(second.loss(), -d(beside(g(z), z)).mean() + 0.5 * rebuilt)
    torch.testing.assert_close(second.figures["rebuilt"], rebuilt)


def test_the_finder_learns_from_what_it_finds_alone(play):
    """Its gradient is λ ∇‖z − F(G(z))‖², whatever the discriminator says."""
    table = play(f"veegan({DENSE})")
    batch, g = table.feed.batch(0, round_=0), table.generator
    own = list(encoder_of(g).parameters())
    _, second = table.game.turns(batch)
    z = Moment(batch, "generator").streams("z").normal((4,))
    want = torch.autograd.grad((z - encoder_of(g)(g(z))).square().sum(1).mean(), own)
    for one, two in zip(torch.autograd.grad(second.loss(), own), want, strict=True):
        torch.testing.assert_close(one, two)


class Line(Generator):
    """x = ½ + 0.1 (z₁ + 2 z₂): two numbers of code, one of image."""

    def __init__(self) -> None:
        super().__init__(nn.Identity(), (1,), 2)

    def forward(self, z, y=None):
        return 0.5 + 0.1 * (z @ torch.tensor([[1.0], [2.0]]))


def test_the_best_finder_of_a_linear_generator_is_the_mean_of_the_posterior(moment):
    """E[z | x] = a (x − ½) / |a|², a = 0.1 (1, 2); what is left of ‖z‖² is one of its two dimensions."""
    torch.manual_seed(0)
    g, unit = Line(), parse("veegan")
    judge = parse("dense(hidden=(1,))", "nets").discriminator((1,))
    g.inference = Encoder(judge, 2)
    g.inference.body, g.inference.head = nn.Flatten(), nn.Linear(1, 2)
    adam = torch.optim.Adam(g.inference.parameters(), 0.05)
    for step in range(300):
        adam.param_groups[0]["lr"] = 0.1 * (1 - step / 300)
        z = torch.randn(500, 2)
        now = moment(torch.zeros(500, 1), "generator")
        loss = unit.extra(Made(now, g, z, g(z), torch.zeros(())))
        adam.zero_grad()
        loss.backward()
        adam.step()
    x = torch.tensor([[0.3], [0.9]])
    torch.testing.assert_close(g.inference(x), 2 * (x - 0.5) @ torch.tensor([[1.0, 2.0]]), rtol=0, atol=0.05)
    assert now.figures["rebuilt"].item() == pytest.approx(1.0, abs=0.2)


def test_a_generator_of_one_image_pays_for_it(moment):
    """Codes that cannot be found again cost at least their variance: latent numbers of 1."""
    g, unit = Line(), parse("veegan")
    g.forward = lambda z, y=None: torch.full((len(z), 1), 0.5)
    g.inference = Encoder(parse("dense(hidden=(4,))", "nets").discriminator((1,)), 2)
    z = torch.randn(4000, 2)
    loss = unit.extra(Made(moment(torch.zeros(4000, 1)), g, z, g(z), torch.zeros(())))
    assert loss.item() > 1.9


def test_bad_numbers_are_refused():
    with pytest.raises(InputError, match="weight of veegan > 0"):
        parse("veegan(weight=0)", "inference")
    assert dataclasses.replace(parse("veegan"), weight=2.0).weight == 2
