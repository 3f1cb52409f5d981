"""A recipe's learning rate over time, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sparring.errors import InputError
from sparring.harden import Recipe


@pytest.mark.parametrize("warmup", [0.0, 0.2, 0.9])
def test_the_rate_rises_in_a_line_from_a_tenth_and_falls_in_one_to_zero(warmup: float) -> None:
    recipe = Recipe(warmup=warmup)
    if warmup:
        assert recipe.rate(0) == pytest.approx(0.1)
        assert recipe.rate(warmup / 2) == pytest.approx(0.55)
    assert recipe.rate(warmup) == pytest.approx(1)
    assert recipe.rate((1 + warmup) / 2) == pytest.approx(0.5)
    assert recipe.rate(1) == 0
    assert recipe.rate(1 + 1e-9) == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"epochs": 0}, "epochs > 0"),
        ({"epochs": float("inf")}, "epochs > 0"),
        ({"epochs": float("nan")}, "epochs > 0"),
        ({"batch_size": 0}, "batch_size, evaluations and held_out >= 1"),
        ({"evaluations": 0}, "batch_size, evaluations and held_out >= 1"),
        ({"held_out": 0}, "batch_size, evaluations and held_out >= 1"),
        ({"lr": 0.0}, "lr > 0"),
        ({"lr": float("nan")}, "lr > 0"),
        ({"weight_decay": -1.0}, "weight_decay and average >= 0"),
        ({"average": -1.0}, "weight_decay and average >= 0"),
        ({"warmup": 1.0}, r"warmup in \[0, 1\)"),
        ({"precision": "float16"}, "float32 or bfloat16, got 'float16'"),
    ],
)
def test_bad_fields(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Recipe(**fields)
