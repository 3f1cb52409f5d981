"""Packs of one origin, judged as one: what a pack is, what slopes of it are, and what of the game is of packs."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan import GanGame, recipe
from sparring.gan._moment import Moment
from sparring.gan._packs import pack
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,))"


def fakes(table, player):
    batch = table.feed.batch(0, round_=0)
    z = Moment(batch, player).streams("z").normal((4,))
    return copy.deepcopy(table.generator)(z).detach()


def watched(table):
    """Let the discriminator write down what it is shown."""
    seen, judge = [], table.discriminator.judge
    table.discriminator.judge = lambda x: seen.append(x.detach().clone()) or judge(x)
    return seen


@pytest.mark.parametrize("m", [2, 3])
def test_no_pack_is_mixed(play, m):
    """G23: each is m images of one origin, neighbors of the batch or of what was generated; a remainder is left out."""
    table = play(f"baseline({DENSE}, penalties=(), tricks=(packing(m={m}),), batch_size=16)")
    seen, batch = watched(table), table.feed.batch(0, round_=0)
    first, second = table.game.turns(batch)
    first.loss(), second.loss()
    kept = len(batch.x) // m * m
    made, other = (fakes(table, player)[:kept] for player in ("discriminator", "generator"))
    want = [pack(each, m) for each in (batch.x[:kept], made, other, batch.x[:kept])]
    assert [len(each) for each in seen] == [kept // m] * 4
    for got, expected in zip(seen, want, strict=True):
        torch.testing.assert_close(got, expected)
    assert len(torch.cat(seen[:1]).view(-1, 2).unique(dim=0)) == kept  # no image twice


def test_the_losses_are_those_of_packs(play):
    """−log σ(D(x₁, x₂)) − log(1 − σ(D(G(z₁), G(z₂)))), and the generator's, by hand."""
    table = play(f"dcgan({DENSE}, tricks=(packing(),), batch_size=16)")
    batch, d = table.feed.batch(0, round_=0), table.discriminator
    first, second = table.game.turns(batch)
    real, fake = d(pack(batch.x, 2)), d(pack(fakes(table, "discriminator"), 2))
    torch.testing.assert_close(first.loss(), (F.softplus(-real) + F.softplus(fake)).mean())
    torch.testing.assert_close(second.loss(), F.softplus(-d(pack(fakes(table, "generator"), 2))).mean())
    right = ((real > 0).float().mean() + (fake < 0).float().mean()) / 2
    assert first.figures["accuracy"].item() == pytest.approx(right.item())


@pytest.mark.parametrize("nets", ["dense(hidden=(8,))", "dcgan(width=4)", "r3(width=4)", "residual(width=4)"])
def test_only_the_first_layer_of_the_discriminator_is_larger(nets):
    """G23: m times as many inputs; the generator is the same."""
    sizes = []
    for m in (1, 3):
        g, d = recipe(f"dcgan(nets={nets}, tricks=(packing(m={m}),))").build((2, 16, 16))
        sizes.append(([p.shape for p in g.parameters()], {name: p.shape for name, p in d.named_parameters()}))
    assert sizes[0][0] == sizes[1][0]
    one, three = sizes[0][1], sizes[1][1]
    larger = [name for name in one if one[name] != three[name]]
    assert list(one) == list(three)
    entry = "residual" in nets and len(larger) == 2  # a block has two ways in
    assert len(larger) == 1 or entry
    for name in larger:
        (before, after), (other, wider) = one[name][:2], three[name][:2]
        assert (other, wider) == (before, 3 * after)


def test_a_pack_of_one_is_none(play):
    """To the bit."""
    plain, packed = (play(f"baseline({DENSE}, tricks=({tricks}), batch_size=16)") for tricks in ("", "packing(m=1),"))
    for number in range(3):
        for table in (plain, packed):
            table.round(parse("alternating"), number)
    for a, b in zip(plain.discriminator.parameters(), packed.discriminator.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("penalty", ["r1(gamma=2)", "r2(gamma=2)", "wgan_gp(weight=1)", "dragan(weight=1)"])
@pytest.mark.parametrize("others", ["", "instance_noise(),"])
def test_the_penalty_of_a_linear_discriminator_is_of_the_whole_pack(play, penalty, others):
    """G23: with D(x₁, x₂) = a·x₁ + b·x₂ + c it is ‖(a, b)‖², or (‖(a, b)‖ − 1)², and not that of a or of b."""
    text = f"wgan({DENSE}, penalties=({penalty},), tricks=({others}packing(),), batch_size=16)"
    table = play(text)
    linear = torch.nn.Linear(4, 1)
    table.discriminator.body, table.discriminator.score = torch.nn.Identity(), linear
    first, _ = table.game.turns(table.feed.batch(0, round_=0))
    first.loss()
    a = 2 * linear.weight.detach().norm()  # the discriminator doubles what it is given
    name = penalty.partition("(")[0]
    want = a**2 if name in ("r1", "r2") else (a - 1) ** 2
    torch.testing.assert_close(first.figures[name], want)


def test_packs_of_independent_samples_have_the_product_distribution(play):
    """Of data that are 0 or 1, a quarter ones, the mean of D over 2,000 packs is Σ p(i) p(j) D(i, j), to their error.

    Were neighbors alike, as in the order of the data, it would be Σ p(i) D(i, i).
    """
    from sparring.data import Dataset

    x = (torch.arange(4000) < 1000).float()[:, None]
    table = play(f"dcgan({DENSE}, tricks=(packing(),), batch_size=4000)", Dataset(x))
    corners = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    p = torch.tensor([9.0, 3, 3, 1]) / 16
    with torch.no_grad():
        table.discriminator.score.weight.mul_(5)
        scores = table.discriminator(corners)
    first, _ = table.game.turns(table.feed.batch(0, round_=0))
    first.loss()
    real = first.figures["real"].item()
    error = float((p @ scores**2 - (p @ scores) ** 2) / 2000) ** 0.5
    assert abs(real - float(p @ scores)) < 4 * error
    alike = float(0.75 * scores[0] + 0.25 * scores[3])
    assert abs(real - alike) > 4 * error


def test_random_numbers_of_a_pack_are_its_own(play):
    """One u of WGAN-GP for the whole pack, so that its points lie on a line from pack to pack."""
    table = play(f"wgan_gp({DENSE}, tricks=(packing(),), batch_size=16, rule=alternating())")
    seen, batch = watched(table), table.feed.batch(0, round_=0)
    table.game.turns(batch)[0].loss()
    real, fake, between = seen
    share = (between - fake) / (real - fake)
    torch.testing.assert_close(share, share[:, :1].expand_as(share), rtol=1e-2, atol=1e-3)
    assert share[:, 0].std() > 0.1


@pytest.mark.parametrize(
    "tricks",
    [
        "packing(), diff_augment(), feature_matching(), minibatch_discrimination()",
        "virtual_batch_norm(size=6), packing(), minibatch_stddev(), spectral_norm()",
    ],
)  # fmt: skip
def test_it_goes_with_other_tricks(play, small, tricks):
    table = play(f"dcgan(nets=dcgan(width=4, latent=8), tricks=({tricks}), batch_size=9)", small(40, (1, 16, 16)))
    for number in range(2):
        table.round(parse("alternating"), number)
    assert all(abs(value) < 1e4 for value in table.table.told().values())
    if table.discriminator.reference is not None:
        assert table.discriminator.reference.shape == (6, 2, 16, 16)


def test_real_and_generated_packs_may_share_a_batch(play):
    losses = []
    for together in (False, True):
        table = play(f"baseline({DENSE}, together={together}, tricks=(packing(),), batch_size=9)")
        losses.append(table.game.turns(table.feed.batch(0, round_=0))[0].loss())
    torch.testing.assert_close(*losses)


def test_what_it_does_not_go_with_is_refused(batch):
    with pytest.raises(InputError, match=r"m >= 1 samples in a pack of packing, got 0"):
        parse("packing(m=0)")
    with pytest.raises(InputError, match="without classes for packing"):
        recipe(f"acgan({DENSE}, tricks=(packing(),))").build((2,), 3)
    with pytest.raises(InputError, match=r"at least one pack of 4, got 3"):
        recipe(f"dcgan({DENSE}, tricks=(packing(m=4),), batch_size=3)")
    g, d = recipe(f"dcgan({DENSE})").build((2,))
    with pytest.raises(InputError, match="a discriminator of packs of 2, as the tricks say, got one of 1"):
        GanGame(g, d, parse("hinge"), tricks=(parse("packing"),))
    _, packed = recipe(f"dcgan({DENSE}, tricks=(packing(),))").build((2,))
    with pytest.raises(InputError, match=r"packs \(4,\) of 2 samples, got \(2,\).*trained with packing"):
        packed(torch.zeros(3, 2))
    unit = recipe("dcgan(nets=dcgan(width=4), penalties=(r1(),), tricks=(packing(),))")
    with pytest.raises(InputError, match="by itself for the penalty r1"):  # G14: packs of a batch mix
        unit.game(*unit.build((1, 16, 16)))
