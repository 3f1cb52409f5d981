"""Seeds trained as one game are the seeds trained alone: weights, codes, batches and all."""

from __future__ import annotations

from typing import cast

import pytest
import torch

from sparring.data import Dataset
from sparring.games import Plan, Table, train
from sparring.gan import recipe
from sparring.gan.game import GENERATOR
from sparring.modes._together import SeedsFeed, Together, fits_together

NETS = "nets=dense(latent=3, hidden=(16, 8))"
GANS = [
    f"gan({NETS}, batch_size=16)",
    f"gan({NETS}, loss=non_saturating(), penalties=(), batch_size=16, betas=(0.5, 0.99))",
    f"gan({NETS}, loss=wgan(), penalties=(wgan_gp(),), rule=alternating(k=2), batch_size=16, optimizer=rmsprop)",
    f"gan({NETS}, tricks=(packing(m=2), instance_noise()), batch_size=17)",
    "gan(nets=waves(latent=3, signs=2, hidden=(16, 8)), tricks=(principal_axes(),), batch_size=16, lr=1e-4)",
    *(
        f"gan({NETS}, loss=non_saturating(), penalties=(), inference={inference}, batch_size=16)"
        for inference in ("ali(width=8)", "lfvi(width=8)", "veegan(width=8)", "infogan(classes=2, degrees=1, width=8)")
    ),
]


def data() -> Dataset:
    return Dataset(torch.rand(333, 2, generator=torch.Generator().manual_seed(5)))


def trained(text: str, seeds: list[int], rounds: int = 8) -> tuple[Together, Table]:
    unit = recipe(text)
    game = Together(unit, (2,), seeds, data())
    table = unit.table(game.inner)
    train(game, unit.rule, table, SeedsFeed(data(), unit.batch_size, seeds, unit.pack), Plan(rounds))
    return game, table


@pytest.mark.parametrize("text", GANS)
def test_three_seeds_as_one_game_end_where_each_ends_alone(text: str) -> None:
    """The same starts, batches and codes; weights that have moved by 1e-3 and more agree to 2e-5."""
    together, table = trained(text, [0, 1, 7])
    for place, seed in enumerate([0, 1, 7]):
        alone, own = trained(text, [seed])
        for player in together.players:
            one, other = together.alone(player, place), alone.alone(player, 0)
            for (name, a), b in zip(one.named_parameters(), other.parameters(), strict=True):
                assert torch.allclose(a, b, atol=2e-5, rtol=1e-4), (player, name)
        averages = table.players[GENERATOR].average, own.players[GENERATOR].average
        assert averages[0] is not None
        assert averages[1] is not None
        pair = together.alone(GENERATOR, place, averages[0].module), alone.alone(GENERATOR, 0, averages[1].module)
        for a, b in zip(pair[0].parameters(), pair[1].parameters(), strict=True):
            assert torch.allclose(a, b, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("text", GANS[5:])
@pytest.mark.parametrize("turn", [0, 1])
def test_what_infers_codes_has_each_ones_own_gradient(turn: int, text: str) -> None:
    """Both players': Adam would hide a factor."""
    unit, grads = recipe(text), []
    for seeds in ([3, 4, 5, 6, 8], [5]):
        game = Together(unit, (2,), seeds, data())
        move = game.turns(SeedsFeed(data(), 16, seeds).batch(0, round_=0))[turn]
        move.loss().backward()
        grads.append([p.grad for p in game.players[move.player].parameters()])
    for whole, own in zip(*grads, strict=True):
        assert whole is not None
        assert own is not None
        assert float(own.abs().max()) > 0
        assert torch.allclose(whole[2], own[0], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["loss", "whole"])
def test_a_gradient_is_each_ones_own_and_not_a_fifth_of_it(name: str) -> None:
    """Also of what rules that look ahead ask for."""
    unit, grads = recipe(GANS[0]), []
    for seeds in ([3, 4, 5, 6, 8], [5]):
        game = Together(unit, (2,), seeds, data())
        turn = game.turns(SeedsFeed(data(), 16, seeds).batch(0, round_=0))[0]
        getattr(turn, name)().backward()
        grads.append([cast(torch.Tensor, p.grad) for p in game.players[turn.player].parameters()])
    for whole, own in zip(*grads, strict=True):
        assert torch.allclose(whole[2], own[0], rtol=1e-4, atol=1e-7)


def test_batches_are_of_whole_packs_and_every_seed_has_its_own() -> None:
    feed = SeedsFeed(data(), 17, [0, 1], pack=2)
    batch = feed.batch(0, round_=0)
    assert len(batch.x) % 4 == 0
    one, other = batch.x.chunk(2)
    assert not torch.equal(one, other)
    assert torch.equal(one, SeedsFeed(data(), 17, [0], pack=2).batch(0, round_=0).x)


def test_what_mixes_rows_is_not_trained_as_one() -> None:
    assert fits_together(recipe(GANS[3]), (2,))
    for text in (f"gan({NETS}, penalties=(), tricks=(minibatch_stddev(),))", "dcgan"):
        assert not fits_together(recipe(text), (1, 8, 8))
    assert not fits_together(recipe(f"gan({NETS}, penalties=(dragan(),))"), (2,)), "σ is that of the batch"
    assert not fits_together(recipe(f"gan({NETS}, inference=omie())"), (2,)), "its slope is cut over the batch"


def test_real_and_generated_rows_in_one_batch_are_not_trained_as_one() -> None:
    """G9: the first half of the nets would see real rows alone, and of every seed."""
    assert not fits_together(recipe(f"gan({NETS}, together=True)"), (2,))
