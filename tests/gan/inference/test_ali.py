"""ALI and BiGAN: the loss by hand, who is moved by it, and the posterior where the critic is exact."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.gan.inference import encoder_of
from sparring.gan.inference._nets import beside
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,)), batch_size=16"


def pairs(table, player):
    """Made pairs and real pairs of a turn, from the same random numbers."""
    batch = table.feed.batch(0, round_=0)
    moment = Moment(batch, player)
    z, noise = (moment.streams(name).normal((4,)) for name in ("z", "encoder"))
    encoder = encoder_of(table.generator)
    return beside(table.generator(z), z), beside(batch.x, encoder(batch.x, noise if encoder.gaussian else None))


@pytest.mark.parametrize("inference", ["ali()", "ali(gaussian=False)"])
def test_the_losses_are_those_of_the_formula(play, inference):
    """−log σ(s) − log σ(−s') for D, −log σ(s') − log σ(−s) for G and E, on pairs of each turn's own."""
    table = play(f"ali({DENSE}, inference={inference})")
    first, second = table.game.turns(table.feed.batch(0, round_=0))
    d = table.discriminator
    fake, real = pairs(table, "discriminator")
    torch.testing.assert_close(first.loss(), F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean())
    torch.testing.assert_close(first.figures["real"], d(real).mean())
    fake, real = pairs(table, "generator")
    torch.testing.assert_close(second.loss(), F.softplus(-d(fake)).mean() + F.softplus(d(real)).mean())


@pytest.mark.parametrize(
    ("loss", "want"),
    [
        ("wgan", lambda s, t: s - t), ("hinge", lambda s, t: s - t),
        ("lsgan", lambda s, t: ((t - 1) ** 2 + s**2) / 2), ("relativistic", lambda s, t: F.softplus(s - t)),
        ("minimax", lambda s, t: F.logsigmoid(-t) + F.logsigmoid(s)),
    ],
)  # fmt: skip
def test_both_nets_want_the_mirror_of_what_the_other_wants(loss, want):
    """Of any loss; s the scores of real pairs, t those of made ones (G20)."""
    s, t = torch.randn(20), torch.randn(20)
    torch.testing.assert_close(parse("ali").scores_loss(parse(loss), s, t), want(s, t))


@pytest.mark.parametrize("text", ["ali", "veegan", "lfvi", "ali(penalties=(r1(gamma=0.1), wgan_gp()))"])
def test_a_turn_leaves_the_other_player_alone(play, text):
    """G12: D's turn has no graph of generator and encoder; theirs moves both, and not D, whatever is in the way."""
    name, _, rest = text.partition("(")
    table = play(f"{name}({DENSE}, {rest}" if rest else f"{name}({DENSE})")
    g, d = (list(net.parameters()) for net in (table.generator, table.discriminator))
    encoder = list(encoder_of(table.generator).parameters())
    first, second = table.game.turns(table.feed.batch(0, round_=0))
    slopes = torch.autograd.grad(first.loss(), g, allow_unused=True)
    assert all(slope is None for slope in slopes)
    table.table.gradient(first)
    assert all(p.grad is None for p in g)
    assert all(p.grad is not None and bool(p.grad.any()) for p in d)
    before = [p.grad.clone() for p in d]
    table.table.gradient(second)
    assert all(torch.equal(p.grad, was) for p, was in zip(d, before, strict=True))
    assert all(bool(p.grad.any()) for p in encoder)
    assert all(bool(p.grad.any()) for p in table.generator.body.parameters())


def test_the_whole_of_the_discriminators_turn_leads_to_both_nets(play):
    """For rules that look ahead: its slope in generator and encoder is that of −log σ(s) − log σ(−s') (G24)."""
    table = play(f"ali({DENSE})")
    own = [*table.generator.body.parameters(), *encoder_of(table.generator).parameters()]
    first, _ = table.game.turns(table.feed.batch(0, round_=0))
    fake, real = pairs(table, "discriminator")
    scores = table.discriminator(real), table.discriminator(fake)
    want = torch.autograd.grad((F.softplus(-scores[0]) + F.softplus(scores[1])).mean(), own)
    for one, two in zip(torch.autograd.grad(first.whole(), own), want, strict=True):
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize("text", ["ali", "lfvi"])
def test_with_an_exact_critic_the_encoder_becomes_the_posterior(play, text):
    """z ~ N(0, 1), x = ½ + 0.2 z + 0.1 ε: q(z|x) goes to N(4 (x − ½), 0.2)."""
    torch.manual_seed(0)
    unit = parse(text, "inference")
    encoder = encoder_of(play(f"{text}(nets=dense(latent=1, hidden=(8,)))").generator)
    encoder.body, encoder.head = torch.nn.Flatten(), torch.nn.Linear(1, 2)  # in 2x − 1
    with torch.no_grad():
        encoder.head.weight.zero_()
        encoder.head.bias.zero_()
    adam = torch.optim.Adam(encoder.parameters(), 0.03)
    for step in range(400):
        adam.param_groups[0]["lr"] = 0.03 * (1 - step / 400)
        x = 0.5 + 0.2 * torch.randn(256, 1) + 0.1 * torch.randn(256, 1)
        z = encoder(x, torch.randn(256, 1))
        mean, deviation = (each.detach() for each in encoder.moments(x))
        own = torch.distributions.Normal(mean, deviation).log_prob(z)
        true = torch.distributions.Normal(4 * (x - 0.5), 0.2**0.5).log_prob(z)
        loss = unit.scores_loss(parse("non_saturating"), (own - true)[:, 0], torch.zeros(256)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    mean, deviation = encoder.moments(torch.tensor([[0.3], [0.5], [0.8]]))
    torch.testing.assert_close(mean[:, 0], torch.tensor([-0.8, 0.0, 1.2]), rtol=0, atol=0.05)
    torch.testing.assert_close(deviation[:, 0].square(), torch.full((3,), 0.2), rtol=0, atol=0.03)


def test_real_and_made_pairs_of_images_that_are_normed_by_batch_stay_apart(play, small):
    """G9, and that tricks see images and leave codes as they are."""
    text = "ali(nets=dcgan(width=4, latent=4), batch_size=8, tricks=(diff_augment(), instance_noise()))"
    table = play(text, small(40, (1, 16, 16)))
    first, second = table.game.turns(table.feed.batch(0, round_=0))
    assert bool(first.loss().isfinite() & second.loss().isfinite())
    moment = Moment(table.feed.batch(0, round_=0), "discriminator")
    rows = beside(moment.batch.x, torch.randn(8, 4))
    seen = table.game._seen(rows, moment, "real")
    assert torch.equal(seen[:, 256:], rows[:, 256:])
    assert not torch.allclose(seen[:, :256], rows[:, :256])


def test_what_does_not_go_together_is_refused():
    with pytest.raises(InputError, match="whose scores are log ratios"):
        parse("gan(inference=veegan())")
    with pytest.raises(InputError, match="whose scores are log ratios"):
        parse("gan(loss=non_saturating(smoothing=0.1), inference=lfvi())")
    with pytest.raises(InputError, match="autoencoder"):
        parse("gan(nets=autoencoder(), loss=began(), penalties=(), inference=ali())")
    with pytest.raises(InputError, match="width of ali >= 1"):
        parse("ali(width=0)", "inference")
