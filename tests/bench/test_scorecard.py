"""The scorecard: everybody inside the budget, by one judge, against an envelope that nobody may choose."""

from __future__ import annotations

import pytest
import torch

from sparring.attacks import Attack
from sparring.bench import _scorecard
from sparring.bench._entrants import ENTRANTS, Entrant, Order
from sparring.bench._scorecard import LAST_WORD, MENU, fitted, scorecard
from sparring.bench._scorecard_table import scorecard_table
from sparring.bench.problems import Ready, problem
from sparring.errors import InputError
from sparring.registry import parse_as
from sparring.types import Images

SMALL = 400


@pytest.fixture(scope="module")
def made() -> Ready:
    return problem("digits-linear").make(4)


@pytest.mark.slow
def test_every_row_keeps_the_budget_and_the_best_comes_first(made: Ready) -> None:
    """T37: attacks inside ε, too, whose search over ε is part of the price."""
    card = scorecard(made, budget=SMALL, names=["nearest", "ead", "sigma_zero", "apgd"], peers=False)
    assert {score.norm for score in card.scores} == {"linf", "l2", "l1", "l0"}
    for norm in ("linf", "l2", "l1", "l0"):
        scores = [score for score in card.scores if score.norm == norm]
        figures = [score.optimality for score in scores]
        assert figures == sorted(figures, reverse=True)
        assert scores[0].optimality is not None
        assert scores[0].optimality > 0.9
    for score in card.scores:
        assert score.passes is not None
        assert 0 < score.passes <= SMALL
        assert score.found is not None
        assert score.found > 0.5


@pytest.mark.parametrize("text", MENU)
@pytest.mark.parametrize("classes", [2, 10])
def test_steps_fill_the_budget_and_no_more(text: str, classes: int) -> None:
    unit = parse_as(Attack, text)
    fit = fitted(unit, classes, 2000 - LAST_WORD)
    assert 1900 < fit.passes(classes) <= 2000 - LAST_WORD


def test_no_attack_defines_its_own_envelope_where_one_is_stored(made: Ready) -> None:
    """Alone in a run without one, an attack is the envelope; with one it is what it is."""
    alone = scorecard(made, budget=SMALL, names=["ddn"], norms=["l2"], peers=False)
    assert alone.fixed == ()
    assert alone.scores[0].optimality == 1
    stored = {"l2": alone.distances["l2"] / 2}
    held = scorecard(made, budget=SMALL, names=["ddn"], norms=["l2"], peers=False, envelopes=stored)
    assert held.fixed == ("l2",)
    assert held.scores[0].optimality is not None
    assert held.scores[0].optimality < 0.9
    assert "stored envelope" in scorecard_table(held, "digits-linear", 4)
    assert "best of this very run" in scorecard_table(alone, "digits-linear", 4)


def _cheat(_: object, order: Order) -> Images:
    for _ in range(order.budget + 1):
        order.model(order.x)
    return 1 - order.x


def _spoil(_: object, order: Order) -> Images:
    order.x.requires_grad_(True)
    order.x.data.fill_(0.0)
    raise RuntimeError("first line\nsecond line")


def _idle(_: object, order: Order) -> Images:
    order.model(order.x)
    return order.x


def test_a_peer_over_the_budget_or_in_trouble_gets_no_figure_and_harms_nobody(
    made: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = tuple(
        Entrant("torch", name, ("l2",), call) for name, call in [("cheat", _cheat), ("spoil", _spoil), ("idle", _idle)]
    )
    monkeypatch.setattr(_scorecard, "ENTRANTS", entrants)
    monkeypatch.setattr(_scorecard, "load", lambda library: torch)
    before, state = made.x.clone(), torch.get_rng_state()
    card = scorecard(made, budget=SMALL, names=["ddn"], norms=["l2"])
    found = {score.attack: score for score in card.scores}
    assert found["cheat"].optimality is None
    assert "401 passes" in found["cheat"].note
    assert found["spoil"].note == "RuntimeError: first line"
    assert found["idle"].optimality == pytest.approx(0)
    assert found["idle"].found == 0
    assert torch.equal(made.x, before)
    assert not made.x.requires_grad
    assert torch.equal(torch.get_rng_state(), state)
    assert "∞" in scorecard_table(card, "digits-linear", 4)


def test_the_installed_peers_keep_the_budget(made: Ready) -> None:
    """Those that are not installed have no row; those that are have a figure or a reason."""
    few = Ready(made.net, made.x[:2], made.y[:2], made.classes)
    card = scorecard(few, budget=SMALL, names=["fmn(steps=1)"])
    peers = [score for score in card.scores if score.by != "sparring"]
    assert {(score.by, score.attack) for score in peers} <= {(each.library, each.attack) for each in ENTRANTS}
    for score in peers:
        assert score.note or (score.passes is not None and score.passes <= SMALL)


def test_a_budget_that_is_too_small() -> None:
    with pytest.raises(InputError, match="at least 100"):
        scorecard(problem("digits-linear").make(2), budget=50)
    with pytest.raises(InputError, match="a step of"):
        fitted(parse_as(Attack, "deepfool"), 10, 10)
