"""The game by hand: what each player's loss is, who is touched, and what the figures say."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan import GanGame, recipe
from sparring.gan._moment import Moment
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,))"


def fakes(table, player, number=0):
    """The generated images of a player's turn on a batch, made by a copy that is not the one at play."""
    batch = table.feed.batch(number, round_=number)
    z = Moment(batch, player).streams("z").normal((table.generator.latent,))
    return copy.deepcopy(table.generator)(z, batch.y if table.generator.classes else None)


def test_the_losses_are_those_of_the_formula(play):
    """−log σ(D(x)) − log(1 − σ(D(G(z)))), then −log σ(D(G(z))), each with codes of its own."""
    table = play(f"dcgan({DENSE}, batch_size=16)")
    batch = table.feed.batch(0, round_=0)
    first, second = table.game.turns(batch)
    assert (first.player, second.player) == ("discriminator", "generator")
    assert list(table.game.players) == ["discriminator", "generator"]
    d = table.discriminator
    want = F.softplus(-d(batch.x)).mean() + F.softplus(d(fakes(table, "discriminator"))).mean()
    torch.testing.assert_close(first.loss(), want)
    torch.testing.assert_close(second.loss(), F.softplus(-d(fakes(table, "generator"))).mean())
    assert not torch.equal(fakes(table, "discriminator"), fakes(table, "generator"))
    real, fake = d(batch.x), d(fakes(table, "discriminator"))
    told = {name: value.item() for name, value in first.figures.items()}
    right = ((real > 0).float().mean() + (fake < 0).float().mean()) / 2
    assert told == pytest.approx({"real": real.mean().item(), "fake": fake.mean().item(), "accuracy": right.item()})


def test_the_baseline_by_hand(play):
    """L = softplus(D(x') − D(x)) + ½ γ ‖∇D(x)‖² + ½ γ ‖∇D(x')‖², and the generator's swap of it."""
    table = play(f"baseline({DENSE}, penalties=(r1(gamma=0.2), r2(gamma=0.6)), batch_size=16)")
    batch, d = table.feed.batch(0, round_=0), table.discriminator
    first, second = table.game.turns(batch)
    x, fake = batch.x.clone().requires_grad_(), fakes(table, "discriminator").detach().requires_grad_()
    one, two = d(x), d(fake)
    r1, r2 = (g.square().sum(1).mean() for g in torch.autograd.grad(one.sum() + two.sum(), [x, fake]))
    torch.testing.assert_close(first.loss(), F.softplus(two - one).mean() + 0.1 * r1 + 0.3 * r2)
    torch.testing.assert_close(first.figures["r1"], 0.1 * r1)
    torch.testing.assert_close(first.figures["r2"], 0.3 * r2)
    torch.testing.assert_close(second.loss(), F.softplus(d(batch.x) - d(fakes(table, "generator"))).mean())


@pytest.mark.parametrize(
    "text", ["baseline", "wgan_gp", "dragan", "dcgan", "acgan", "dcgan(tricks=(feature_matching(),))"]
)
def test_a_turn_leaves_the_other_player_alone(play, text):
    """G12: after D's step G has no gradient; after G's D's is unchanged and asks for gradients again."""
    name, _, rest = text.partition("(")
    table = play(f"{name}({DENSE}, batch_size=8{', ' + rest if rest else ')'}")
    g, d = (list(net.parameters()) for net in (table.generator, table.discriminator))
    first, second = table.game.turns(table.feed.batch(0, round_=0))
    table.table.gradient(first)
    assert all(p.grad is None for p in g)
    assert all(p.grad is not None for p in d)
    table.table.step("discriminator")
    before = [p.grad.clone() for p in d]
    table.table.gradient(second)
    assert all(torch.equal(p.grad, was) for p, was in zip(d, before, strict=True))
    assert all(p.requires_grad for p in (*g, *d))
    assert any(bool(p.grad.any()) for p in g)


def test_the_generator_is_in_no_graph_in_the_discriminators_turn(play):
    """Even if its weights are left asking for gradients."""
    table = play(f"baseline({DENSE}, batch_size=8)")
    first, _ = table.game.turns(table.feed.batch(0, round_=0))
    loss = first.loss()
    assert all(p.requires_grad for p in table.generator.parameters())
    slopes = torch.autograd.grad(loss, list(table.generator.parameters()), allow_unused=True)
    assert all(slope is None for slope in slopes)


def test_real_scores_do_not_depend_on_what_is_generated(play, small):
    """G9: under batch norm they do where both share a batch, and not by default."""
    for together in (False, True):
        means = []
        for shift in (0.0, 3.0):
            table = play(
                f"dcgan(nets=dcgan(width=4, latent=4), together={together}, batch_size=8)", small(40, (1, 16, 16))
            )
            with torch.no_grad():
                table.generator.body[-2].bias.add_(shift)
            first, _ = table.game.turns(table.feed.batch(0, round_=0))
            first.loss()
            means.append(first.figures["real"].item())
        assert (means[0] == means[1]) != together


def test_one_batch_or_two_is_the_same_without_batch_norm(play):
    """Penalties included."""
    losses = []
    for together in (False, True):
        table = play(f"baseline({DENSE}, together={together}, batch_size=8)")
        first, _ = table.game.turns(table.feed.batch(0, round_=0))
        losses.append(first.loss())
    torch.testing.assert_close(*losses)


def test_classes_are_named_by_both_sides(play):
    """AC-GAN: L_S + CE(x, y) + CE(x', y) for D, L_S + CE(x', y) for G, y the labels of the batch (D10)."""
    table = play(f"acgan({DENSE}, auxiliary=0.5, batch_size=16)")
    batch, d = table.feed.batch(0, round_=0), table.discriminator
    first, second = table.game.turns(batch)
    own, other = fakes(table, "discriminator"), fakes(table, "generator")
    ce = lambda x: F.cross_entropy(d.judge(x).logits, batch.y)  # noqa: E731
    want = F.softplus(-d(batch.x)).mean() + F.softplus(d(own)).mean() + 0.5 * (ce(batch.x) + ce(own))
    torch.testing.assert_close(first.loss(), want)
    torch.testing.assert_close(second.loss(), F.softplus(-d(other)).mean() + 0.5 * ce(other))
    torch.testing.assert_close(second.figures["generator_auxiliary"], ce(other))


def test_lazy_penalties_add_up_to_plain_ones(play):
    """G16: on a linear D, four turns' gradients of one asked for every fourth time are those of a plain one."""
    sums = []
    for every in (1, 4):
        table = play(f"baseline({DENSE}, penalties=(r1(gamma=0.5, every={every}),), loss=wgan(), batch_size=8)")
        linear = nn.Linear(2, 1, bias=False)
        nn.init.constant_(linear.weight, 0.5)
        table.discriminator.body, table.discriminator.score = nn.Identity(), linear
        total, seen = torch.zeros(1, 2), []
        for _ in range(4):
            first, _ = table.game.turns(table.feed.batch(0, round_=0))
            total += torch.autograd.grad(first.loss(), linear.weight)[0]
            seen.append("r1" in first.figures)
        assert seen == [every == 1 or turn == 0 for turn in range(4)]
        sums.append(total)
    torch.testing.assert_close(*sums)


def test_penalties_in_bfloat16_are_those_in_float32(play):
    """G15: the loss differs by rounding, the penalty by what bfloat16 makes of the images alone."""
    told = []
    for precision in ("float32", "bfloat16"):
        table = play(f"baseline({DENSE}, batch_size=8)", precision=precision)
        first, _ = table.game.turns(table.feed.batch(0, round_=0))
        table.table.gradient(first)
        told.append(table.table.told())
    assert told[0]["real"] != told[1]["real"]
    assert told[0]["r1"] == told[1]["r1"]  # real images are the same in both
    assert told[0]["r2"] == pytest.approx(told[1]["r2"], rel=1e-2)


def test_the_balance_is_carried_from_round_to_round(play, small):
    """BEGAN's k, by its formula, from the errors that the turn has seen."""
    table = play("began(nets=autoencoder(latent=4, width=4), loss=began(rate=0.1), batch_size=8)", small())
    assert table.game.memory["balance"].item() == 0
    for number in range(3):
        before = table.game.memory["balance"].item()
        first, _ = table.game.turns(table.feed.batch(number, round_=number))
        loss = first.loss().item()
        e, other = -first.figures["real"].item(), -first.figures["fake"].item()
        assert loss == pytest.approx(e - before * other, abs=1e-6)
        assert first.figures["balance"].item() == before
        assert table.game.memory["balance"].item() == pytest.approx(max(0, before + 0.1 * (0.5 * e - other)), abs=1e-6)


@pytest.mark.parametrize("rule", ["alternating(k=3)", "simultaneous", "extragradient", "optimistic"])
def test_every_rule_can_play_it(play, rule):
    table = play(f"baseline({DENSE}, batch_size=8)")
    unit = parse(rule)
    for number in range(2):
        table.round(unit, number * unit.batches)
    assert all(
        bool(torch.isfinite(p).all()) for net in (table.generator, table.discriminator) for p in net.parameters()
    )


@pytest.mark.parametrize("penalty", ["r1", "r2", "wgan_gp", "dragan"])
def test_penalties_refuse_a_discriminator_whose_images_mix(penalty):
    """G14."""
    unit = recipe(f"dcgan(nets=dcgan(width=4), penalties=({penalty}(),))")
    with pytest.raises(InputError, match=rf"by itself for the penalty {penalty}.*dcgan\(norm=False\)"):
        unit.game(*unit.build((1, 16, 16)))


def test_parts_that_do_not_suit_each_other_are_refused():
    unit = recipe(f"dcgan({DENSE})")
    g, d = unit.build((2,))
    other = recipe(f"acgan({DENSE})").build((2,), 3)[1]
    with pytest.raises(InputError, match="as many classes of both players, got 0 of the generator and 3"):
        GanGame(g, other, parse("hinge"))
    with pytest.raises(InputError, match="each penalty and trick once, got r1, r1"):
        GanGame(g, d, parse("hinge"), (parse("r1"), parse("r1(gamma=2)")))
