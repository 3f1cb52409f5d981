"""LFVI: the loss by hand, and how it differs from ALI's. The posterior is in test_ali.py."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from sparring.gan._moment import Moment
from sparring.gan.inference import encoder_of
from sparring.gan.inference._nets import beside
from sparring.registry import parse


def test_the_losses_are_those_of_the_formula(play):
    """The encoder's is the score of its own pairs, at codes it draws; the generator's that of the GAN."""
    table = play("lfvi(nets=dense(latent=4, hidden=(8,)), batch_size=16)")
    batch, d, g = table.feed.batch(0, round_=0), table.discriminator, table.generator
    e = encoder_of(g)
    first, second = table.game.turns(batch)
    for turn in (first, second):
        moment = Moment(batch, turn.player)
        z, noise = (moment.streams(name).normal((4,)) for name in ("z", "encoder"))
        real, fake = d(beside(batch.x, e(batch.x, noise))), d(beside(g(z), z))
        own = F.softplus(-real) + F.softplus(fake) if turn is first else F.softplus(-fake) + real
        torch.testing.assert_close(turn.loss(), own.mean())


def test_its_pull_does_not_fade_where_alis_does():
    """At pairs that D takes for made ones ALI's encoder has no slope left; this one has the same everywhere."""
    slopes = {}
    for name in ("ali", "lfvi"):
        real = torch.tensor([-20.0, 20.0], requires_grad=True)
        loss = parse(name, "inference").scores_loss(parse("non_saturating"), real, torch.zeros(2)).sum()
        slopes[name] = torch.autograd.grad(loss, real)[0]
    torch.testing.assert_close(slopes["ali"], torch.tensor([0.0, 1.0]), rtol=0, atol=1e-6)
    torch.testing.assert_close(slopes["lfvi"], torch.ones(2))
