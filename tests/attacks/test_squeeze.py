"""Squeezing: what the last balls are, and that it brings a first image nearer in every norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from sparring.attacks._objectives import margin
from sparring.attacks._search import Finished, Search
from sparring.attacks._squeeze import CLOSED, squeeze
from sparring.core.seeds import Streams
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.victims.base import Ledger


def make_search(problem: Any, norm: str) -> tuple[Search, Ledger]:
    threat, n = parse_as(Threat, f"{norm}(inf)"), len(problem.x)
    ledger = Ledger(n)
    search = Search(
        problem.net, problem.x, problem.y, None, threat, ledger, Streams(torch.arange(n)),
        classes=2, minimal=True, active=torch.ones(n, dtype=torch.bool),
    )  # fmt: skip
    return search, ledger


@pytest.mark.parametrize("norm", ["linf", "l2", pytest.param("l1", marks=pytest.mark.slow)])
def test_a_far_image_becomes_a_near_one(linear: Callable[..., Any], norm: str) -> None:
    """The balls close on what is found, 2 % a step; steps of the wrong sign would find nothing nearer."""
    problem = linear(2)
    search, ledger = make_search(problem, norm)
    _, gradient = search.gradient(problem.x, margin)
    search.logits(search.threat.clip(problem.x, problem.x + 10 * gradient.sign()))
    assert torch.isfinite(search.nearest).all()
    first = search.nearest.clone()
    squeeze(search, margin, 60)
    exact = problem.nearest(norm)
    assert (search.nearest >= exact * (1 - 1e-4)).all()
    assert (search.nearest < 0.8 * first).all()
    assert (ledger.forwards == 2 + 60 + 1).all()
    assert (ledger.backwards == 1 + 60).all()
    assert CLOSED < 1


def test_samples_of_which_nothing_is_known_wait(linear: Callable[..., Any]) -> None:
    problem = linear(2)
    search, ledger = make_search(problem, "l2")
    search.drop(torch.ones(len(problem.x), dtype=torch.bool))
    with pytest.raises(Finished):  # nobody to work on, and nobody that waits
        squeeze(search, margin, 5)
    search, ledger = make_search(problem, "l2")
    squeeze(search, margin, 5)
    assert not ledger.forwards.any()
