"""What is compared, and what is drawn: the same draws for all, within the ranges that are told."""

from __future__ import annotations

import re

import pytest

from sparring.bench._gans_space import BETA, LR, RATIO, entries, setting, words
from sparring.errors import InputError
from sparring.gan import Gan, recipe
from sparring.gan.losses.began import Began
from sparring.gan.nets.dcgan import Dcgan
from sparring.gan.penalties.r1 import R1
from sparring.gan.penalties.r2 import R2
from sparring.gan.penalties.wgan_gp import WganGp
from sparring.gan.tricks.weight_clipping import WeightClipping
from sparring.registry import parse, units


def test_every_loss_is_in_it_on_the_same_nets_and_the_baseline_on_its_own() -> None:
    """G14: the nets have no batch norm in the discriminator, so every penalty can be there."""
    found = {entry.name: entry.gan for entry in entries()}
    assert {gan.loss.name() for gan in found.values()} == set(units("loss"))
    same = {gan.nets for name, gan in found.items() if name not in ("began", "baseline")}
    assert same == {Dcgan(width=16, norm=False)}
    assert {gan.batch_size for name, gan in found.items() if name != "baseline"} == {64}
    assert found["baseline"] == Gan()
    assert found["began"].nets.latent == Dcgan().latent
    for name, gan in found.items():
        gan.game(*gan.build((1, 8, 8)))
        assert parse(str(gan)) == gan, name


def test_a_bare_loss_is_put_on_the_nets_and_a_recipe_keeps_its_own() -> None:
    bare, own = entries(["wgan-gp", "wgan_gp()"], "dense(hidden=(8,))")
    assert str(bare.gan.nets) == "dense(hidden=(8,))"
    assert own.gan == recipe("wgan_gp")
    with pytest.raises(InputError, match="hinge twice"):
        entries(["hinge", "Hinge"])
    with pytest.raises(InputError, match="did you mean"):
        entries(["hinges"])


def test_draws_are_in_range_and_the_same_for_all() -> None:
    ways = {entry.name: entry.gan for entry in entries()}
    turns, factors = set(), []
    for number in range(1, 30):
        drawn = {name: setting(gan, number, seed=0) for name, gan in ways.items()}
        assert len({(gan.lr, gan.lr_discriminator) for gan in drawn.values()}) == 1
        gan = drawn["wgan_gp"]
        assert LR[0] <= gan.lr <= LR[1]
        assert RATIO[0] * 0.99 <= (gan.lr_discriminator or 0) / gan.lr <= RATIO[1] * 1.01
        assert BETA[0] <= gan.betas[0] <= BETA[1]
        assert gan.betas[1] == ways["wgan_gp"].betas[1]
        assert drawn["wgan"].betas == ways["wgan"].betas  # RMSProp has no first one
        turns.add(vars(gan.rule)["k"])
        (penalty,), (clipping,) = gan.penalties, drawn["wgan"].tricks
        assert isinstance(penalty, WganGp)
        assert isinstance(clipping, WeightClipping)
        factors.append(penalty.weight / 10)
        assert clipping.bound / 0.01 == pytest.approx(factors[-1], rel=0.01)
        first, second = drawn["baseline"].penalties
        assert isinstance(first, R1)
        assert isinstance(second, R2)
        assert first.gamma == second.gamma
        assert first.every == 4
        loss = drawn["began"].loss
        assert isinstance(loss, Began)
        assert 0.1 <= loss.gamma <= 1
        assert all(parse(str(gan)) == gan for gan in drawn.values())
    assert turns == {1, 5}
    assert 0.1 <= min(factors) < 0.3 < 3 < max(factors) <= 10


def test_a_setting_is_known_by_its_number_and_the_seed() -> None:
    gan = recipe("dcgan")
    assert setting(gan, 0, seed=5) == gan
    assert setting(gan, 2, seed=5) == setting(gan, 2, seed=5)
    assert len({setting(gan, number, seed) for number in (1, 2) for seed in (0, 1)}) == 4


def test_all_that_is_drawn_is_said() -> None:
    for entry in entries():
        drawn, said = setting(entry.gan, 1, seed=0), words(entry.gan)
        changed = {name for name, value in vars(drawn).items() if value != getattr(entry.gan, name)}
        told = {"lr": "lr ", "lr_discriminator": "of it", "betas": "β₁", "rule": "turns", "loss": "γ"}
        told |= {"tricks": "bound", "penalties": " of "}
        assert all(told[name] in said for name in changed), entry.name
        assert bool(re.search("weight of|gamma of", said)) == bool(entry.gan.penalties)
