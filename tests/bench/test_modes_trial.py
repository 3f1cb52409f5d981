"""A trial's figures are those of its samples."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sparring.bench._modes_trial import ModesTrial, known, mean_and_error, run_trial
from sparring.errors import InputError
from sparring.modes.problems.ring import Ring


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


@pytest.mark.parametrize("field", ["training", "judged_by"])
def test_a_record_of_other_training_data_or_another_judge_is_not_taken_up(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = ModesTrial("memorizer", "memorizer", "ring", 1, 1)
    run_trial(trial, tmp_path)
    assert known(trial, tmp_path) is not None
    monkeypatch.setattr(Ring, field, {"training": 50, "judged_by": "cnn"}[field])
    with pytest.raises(InputError, match="choose another --out"):
        known(trial, tmp_path)
