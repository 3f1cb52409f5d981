"""The game with inference: cut and resumed to the bit, kept with the generator, and codes that give images back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.games import Plan, train
from sparring.gan import GanGame, generate, recipe
from sparring.gan.inference import InferenceGame, encoder_of
from sparring.registry import units
from sparring.train import load_encoder, load_generator

DENSE = "nets=dense(latent=12, hidden=(8,)), batch_size=16"
NAMES = sorted(units("inference"))


def test_without_inference_the_game_is_the_plain_one(play):
    assert type(play(f"dcgan({DENSE})").game) is GanGame
    assert type(play(f"ali({DENSE})").game) is InferenceGame


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_was_cut_ends_with_the_same_bits(play, tmp_path, name):
    """G26, of everything that inference carries."""
    text = f"dcgan({DENSE}, inference={name}())"
    whole, cut, again = play(text), play(text), play(text)
    for table, rounds, folder in ((whole, 6, "whole"), (cut, 3, "cut"), (again, 6, "cut")):
        train(table.game, recipe(text).rule, table.table, table.feed, Plan(rounds), tmp_path / folder)
    for one, two in ((whole.generator, again.generator), (whole.discriminator, again.discriminator)):
        assert one.state_dict().keys() == two.state_dict().keys()
        assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert whole.game.memory.keys() == again.game.memory.keys()
    assert all(torch.equal(value, again.game.memory[key]) for key, value in whole.game.memory.items())


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_weights_and_images_do_not_depend_on_the_net_beside(name):
    nets = [recipe(f"dcgan({DENSE}, inference={name}())").build((2,), seed=seed)[0] for seed in (0, 0, 1)]
    states = [net.state_dict() for net in nets]
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(states[0].values(), states[2].values(), strict=True))


def test_the_encoder_is_kept_with_the_generator(tmp_path: Path):
    """The average of its weights, in the same file; `load_generator` brings both back."""
    text = "ali(nets=dense(latent=4, hidden=(16,)), batch_size=32)"
    found = sparring.train(text, "digits:train", images=640, out=tmp_path)
    x = torch.rand(3, 1, 8, 8)
    assert torch.equal(encoder_of(load_generator(tmp_path))(x), encoder_of(found.generator)(x))
    assert torch.equal(load_encoder(tmp_path)(x), encoder_of(found.generator)(x))
    assert load_encoder(tmp_path, "last").latent == 4


@pytest.mark.parametrize("name", ["ali", "veegan"])
def test_packs_have_no_codes(name):
    if "packing" not in units("trick"):
        pytest.skip("no packing")
    unit = recipe(f"{name}({DENSE}, tricks=(packing(),))")
    with pytest.raises(InputError, match="a pack of images has no code"):
        unit.game(*unit.build((2,)))


def test_an_encoder_is_not_left_without_a_loss():
    """A loss of features has no score in it, which is all that this encoder learns from; another learns from codes."""
    for name, refused in (("ali", True), ("lfvi", True), ("veegan", False)):
        unit = recipe(f"{name}({DENSE}, tricks=(feature_matching(),))")
        with pytest.raises(InputError, match="learns from scores alone") if refused else contextlib.nullcontext():
            unit.game(*unit.build((2,)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "share"),
    [("ali(inference=ali(gaussian=False)", 0.6), ("ali(", 0.6), ("veegan(", 0.5), ("lfvi(", 0.6)],
)  # fmt: skip
def test_codes_of_digits_give_their_images_back(text, share):
    """Nearer to the image than another's reconstruction is, on data that was not trained on."""
    fields = "nets=dense(latent=8), batch_size=64, lr=1e-3, average=2000)"
    found = sparring.train(f"{text}, {fields}".replace("(, ", "("), "digits:train", images=60_000)
    x = sparring.data.load_data("digits:test").images()[:200]
    encoder = encoder_of(found.generator)
    again = generate(found.generator, 200, z=encoder(x))
    own = (again - x).square().flatten(1).mean(1).mean()
    other = (again.roll(1, 0) - x).square().flatten(1).mean(1).mean()
    assert own < share * other
