"""Whole configurations by name: all of them play, and each is what its paper says."""

from __future__ import annotations

import inspect
import math
from pathlib import Path

import pytest

from sparring.errors import InputError
from sparring.gan import Gan, recipe
from sparring.gan.recipes import recipes
from sparring.registry import parse, show

NAMES = sorted(recipes())


def test_every_file_is_a_recipe_of_its_name():
    folder = Path(inspect.getfile(recipes)).parent
    assert sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__") == NAMES
    assert {"dcgan", "wgan_gp", "baseline", "acgan", "lsgan", "hinge", "dragan", "began"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_says_where_it_comes_from_and_reads_back(name):
    text = inspect.getdoc(recipes()[name])
    assert "Source:" in text
    assert "arXiv" in text
    assert "**Differs**" in text
    unit = recipe(name)
    assert isinstance(unit, Gan)
    assert parse(show(unit)) == unit == recipe(name.replace("_", "-"))


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_plays(name, play, small):
    """Three rounds on small pictures: losses and figures are finite, and the generator has moved."""
    table = play(name + "(batch_size=8)", small())
    before = [p.clone() for p in table.generator.parameters()]
    rule = recipe(name).rule
    for number in range(3):
        table.round(rule, number * rule.batches)
    told = table.table.told()
    assert all(math.isfinite(value) for value in told.values())
    assert {"discriminator_loss", "generator_loss", "generator_slope", "real", "fake", "accuracy"} <= told.keys()
    assert {penalty.name() for penalty in recipe(name).penalties} <= told.keys()
    moved = [bool((a != b).any()) for a, b in zip(before, table.generator.parameters(), strict=True)]
    assert sum(moved) > 0.6 * len(moved)


def test_what_the_papers_say():
    """The constants that a reader would look up."""
    assert recipe("baseline") == Gan()
    assert show(Gan().loss) == "relativistic"
    assert [each.name() for each in Gan().penalties] == ["r1", "r2"]
    assert recipe("dcgan").betas == (0.5, 0.999)
    assert recipe("dcgan").lr == 2e-4
    assert (recipe("wgan").rule.k, recipe("wgan").optimizer, recipe("wgan").lr) == (5, "rmsprop", 5e-5)
    assert show(recipe("wgan").tricks[0]) == "weight_clipping"
    assert recipe("wgan").tricks[0].bound == 0.01
    assert (recipe("wgan_gp").rule.k, recipe("wgan_gp").betas) == (5, (0.0, 0.9))
    assert recipe("wgan_gp").penalties[0].weight == 10
    assert recipe("acgan").conditional
    assert recipe("hinge").tricks[0].name() == "spectral_norm"
    assert recipe("began").loss.gamma == 0.5
    assert recipe("toy1d").nets.latent == 1


def test_a_recipe_takes_other_fields():
    unit = recipe("wgan-gp(lr=1e-3, batch_size=16, nets=residual(width=8))")
    assert (unit.lr, unit.batch_size, unit.nets.width) == (1e-3, 16, 8)
    assert unit.penalties == recipe("wgan_gp").penalties
    assert recipe("dcgan(penalties=())") == recipe("dcgan()") == recipe("dcgan")
    assert recipe(unit) is unit
    assert recipe("began(nets=autoencoder(width=4))").loss == recipe("began").loss
    assert recipe("baseline(lr=1e-3)") == Gan(lr=1e-3)
    assert recipe("gan(lr=1e-3)") == Gan(lr=1e-3)
    assert recipe(" gan ") == Gan()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dcgn", "expected a recipe or gan.*did you mean 'dcgan'"), ("dcgan(lrr=1)", "a field of gan, got 'lrr'"),
        ("dcgan(lr=0)", "learning rates"),
        ("dcgan(lr=1, lr=2)", "got"), ("dcgan(**{})", "a field of gan"), ("dcgan(1)", "by name"),
        ("dcgan(dense())", "by name"),
        ("dcgan(", "does not parse"), ("", "does not parse"), ("pgd", "a recipe or gan"), ("dcgan(lr=1)(lr=2)", "got"),
    ],
)  # fmt: skip
def test_mistakes_are_answered(text, told):
    with pytest.raises(InputError, match=told) as caught:
        recipe(text)
    assert "\n" not in str(caught.value)
