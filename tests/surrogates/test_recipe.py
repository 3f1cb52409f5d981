"""A recipe refuses what no substitute can be made of."""

from __future__ import annotations

from typing import Any

import pytest

from sparring.errors import InputError
from sparring.surrogates import Recipe


def test_the_defaults_are_those_of_the_published_figure() -> None:
    assert Recipe().queries == 6400
    assert Recipe().step == 0.1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nets": ()}, "at least one net"),
        ({"nets": ("cnnn",)}, "did you mean 'cnn'"),
        ({"nets": ("efficientnet-lite0",)}, "expected a net to train"),
        ({"queries": 0}, "queries >= 1"),
        ({"flip": -1}, "flip >= 0"),
        ({"epochs": 0}, "epochs >= 1"),
        ({"steps": 0}, "steps >= 1"),
        ({"reservoir": -3}, "reservoir >= 0"),
        ({"move": 1.0}, r"move in \[0, 1\)"),
        ({"step": 0.0}, r"step in \(0, 1\]"),
        ({"lr": 0.0}, "lr > 0"),
    ],
)
def test_bad_fields(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Recipe(**fields)
