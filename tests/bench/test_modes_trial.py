"""A trial's figures are those of its samples."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sparring.bench._modes_trial import ModesTrial, mean_and_error, run_trial


def test_the_truth_of_1200_dimensions_passes_one_rule_and_not_the_other(tmp_path: Path) -> None:
    found = run_trial(ModesTrial("truth", "truth", "diagonal", 1, 1), tmp_path)
    (figures,) = found["figures"]
    assert figures["captured"] == 10
    assert figures["published"] == 0
    assert figures["quality"] > 0.995
    assert "points" not in found
    assert found["images"] is None
    assert found["named"] == 1


def test_the_error_of_a_mean_is_that_of_independent_seeds() -> None:
    assert mean_and_error([1.0, 2.0, 3.0, 4.0])[1] == pytest.approx(math.sqrt(5 / 3 / 4))
    assert mean_and_error([1.0]) == (1.0, None)
