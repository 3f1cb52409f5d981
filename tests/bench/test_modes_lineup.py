"""Names and what they stand for; published figures are those of the papers' tables."""

from __future__ import annotations

import pytest

from sparring.bench._modes_lineup import GANS, IMAGES, PUBLISHED, default_methods, entry, published, whole
from sparring.errors import InputError
from sparring.gan import Gan, recipe
from sparring.modes import Problem
from sparring.modes._together import fits_together
from sparring.registry import parse, parse_as, units


def test_gans_of_the_line_up_are_trained_as_one_unless_rows_mix_and_are_their_text() -> None:
    for name in GANS:
        unit = entry(name)[1]
        assert isinstance(unit, Gan)
        assert fits_together(unit, (2,)) == (name not in ("minibatch", "omie")), name
        assert parse(whole(unit)) == unit


def test_names_are_recipes_on_pictures() -> None:
    assert set(IMAGES) == set(GANS)
    for name in GANS:
        unit = entry(name, pictures=True)[1]
        assert isinstance(unit, Gan)
        unit.build((3, 28, 28))


def test_the_baseline_cools_down_on_points_and_on_pictures() -> None:
    points, pictures = entry("baseline")[1], entry("baseline", pictures=True)[1]
    assert isinstance(points, Gan)
    assert isinstance(pictures, Gan)
    assert (points.cooldown, pictures.cooldown) == (0.5, 0.5)
    assert pictures == recipe("baseline(cooldown=0.5)")


def test_all_estimators_stand_in_the_table() -> None:
    assert set(units("estimator")) < set(default_methods())


def test_a_name_may_be_given_to_anything() -> None:
    assert entry("a=gan") == ("a", entry("gan")[1])
    assert entry("b = vae(steps=7)")[0] == "b"
    assert entry("wgan_gp(lr=1e-4)")[0] == "wgan_gp(lr=1e-4)"
    with pytest.raises(InputError, match="expected a method"):
        entry("c=nosuch")


def test_published_figures_are_of_problems_that_exist_and_in_percent() -> None:
    assert published("grid", "pacgan") == {"Lin et al. 2018": (23.8, 91.3, 0.13)}
    assert published("ring", "vae") == {}
    for tables in PUBLISHED.values():
        for problem, methods in tables.items():
            if problem in units("problem"):
                assert all(row[0] is None or row[0] <= parse_as(Problem, problem).modes for row in methods.values())
