"""The speed row: three ways, the same passes, equal strength."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from sparring.attacks import attack
from sparring.bench import _speed, speed
from sparring.bench.problems import problem


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A net of the same kind, on the smallest data."""
    tiny = dataclasses.replace(problem("digits-linear"), name="tiny", model="resnet(width=2)", epochs=4)
    monkeypatch.setattr(_speed, "problem", lambda _: tiny)


@pytest.mark.usefixtures("small")
def test_three_ways_are_timed_and_are_equally_strong() -> None:
    found = speed(steps=4, n=40, rounds=2, eps=(0.2, 0.02))
    assert (found.steps, found.n, found.rounds) == (4, 40, 2)
    assert min(found.seconds_plain, found.seconds, found.seconds_twin) > 0
    assert found.ratio > 0.05
    assert list(found.robust) == ["linf(0.2)", "linf(0.02)"]
    strong, weak = found.robust.values()
    assert strong[0] < weak[0]
    assert max(strong) - min(strong) <= 0.1


@pytest.mark.usefixtures("small")
def test_nothing_stops_early_at_the_radius_that_is_timed() -> None:
    """All make the same passes, or the ratio would say nothing."""
    ready = _speed.problem("").make(40)
    found = attack(ready.net, ready.x, ready.y, "pgd(steps=4)", f"linf({_speed.STILL!r})")
    assert len(found.forwards.unique()) == 1
    assert torch.equal(found.backwards, torch.full((40,), 4))
