"""Protocols are those of the papers: layers, rates, batches, data and budgets, and figures as printed."""

from __future__ import annotations

import dataclasses

import pytest
from torch import nn

from sparring.bench._modes_protocols import PROTOCOLS
from sparring.bench._modes_under import method_of
from sparring.games.alternating import Alternating
from sparring.gan import Gan
from sparring.modes import Problem
from sparring.registry import parse_as

EVERY = [(name, problem) for name, protocol in PROTOCOLS.items() for problem in protocol.settings]


@pytest.mark.parametrize(("name", "problem"), EVERY)
def test_every_method_of_a_protocol_is_a_gan_with_what_all_share(name: str, problem: str) -> None:
    """A gain is over the same nets: methods differ in nothing but tricks, rule and inference, and in whole packs."""
    setting, gans = PROTOCOLS[name].settings[problem], {}
    for method in PROTOCOLS[name].methods:
        unit = method_of(method, problem, name)[1]
        assert isinstance(unit, Gan)
        assert unit.batch_size == setting.batch * unit.pack
        unit.game(*unit.build(parse_as(Problem, problem).shape))
        gans[method] = unit
    shared = {
        dataclasses.replace(gan, batch_size=setting.batch, tricks=(), rule=Alternating(), inference=None)
        for gan in gans.values()
    }
    assert len(shared) == 1
    assert len(set(gans.values())) == len(gans)
    packs = {"pacgan": 2, "pacgan3": 3, "pacgan4": 4}
    assert all(gan.pack == packs.get(method, 1) for method, gan in gans.items())


def test_points_of_pacgan_are_the_authors_game() -> None:
    """400 epochs of 100,000 in batches of 100 are 400,000 moves of each player, at once."""
    unit = method_of("gan", "grid", "pacgan")[1]
    assert isinstance(unit, Gan)
    assert (unit.lr, unit.betas, unit.rule.name(), unit.average) == (1e-4, (0.8, 0.999), "simultaneous", 0)
    for problem in ("ring", "grid"):
        setting = PROTOCOLS["pacgan"].settings[problem]
        assert setting.images == 400 * setting.training == 400_000 * setting.batch
        assert setting.samples == 2_500
    stacked = PROTOCOLS["pacgan"].settings["stacked"]
    assert (stacked.images, stacked.samples) == (50 * stacked.training, 26_000)


@pytest.mark.parametrize(("problem", "half"), [("ring", 1.5), ("grid", 6.0)])
def test_nets_of_points_see_the_problems_own_units(problem: str, half: float) -> None:
    for name, protocol in PROTOCOLS.items():
        if problem in protocol.settings:
            unit = method_of("gan", problem, name)[1]
            assert isinstance(unit, Gan)
            assert unit.nets.scale == parse_as(Problem, problem).half == half


@pytest.mark.parametrize(("name", "share"), [("metz-quarter", 4), ("metz-half", 2)])
def test_the_discriminator_has_a_share_of_the_generators_width(name: str, share: int) -> None:
    unit = method_of("gan", "stacked", name)[1]
    assert isinstance(unit, Gan)
    generator, d = unit.build((3, 28, 28))
    up = [m.in_channels for m in generator.modules() if isinstance(m, nn.ConvTranspose2d)]
    down = [m.out_channels for m in d.modules() if isinstance(m, nn.Conv2d)]
    assert [share * width for width in down] == up[::-1]


def test_figures_beside_a_row_are_of_methods_and_problems_that_the_protocol_has() -> None:
    for name, protocol in PROTOCOLS.items():
        for paper, tables in protocol.papers.items():
            for problem, rows in tables.items():
                if problem in protocol.settings:
                    assert set(rows) <= {*protocol.methods}, (name, paper, problem)
                    assert all(row[0] is None or row[0] <= parse_as(Problem, problem).modes for row in rows.values())
