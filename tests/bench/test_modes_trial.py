"""A trial's figures are those of its samples."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from sparring.bench._modes_trial import ModesTrial, apart, known, mean_and_error, run_trial, train_seed
from sparring.errors import InputError
from sparring.gan import Gan
from sparring.modes._play import play_seeds
from sparring.modes.problems.ring import Ring
from sparring.modes.problems.stacked import Stacked

TINY = "gan(nets=dcgan(latent=4, width=2), penalties=(), batch_size=8)"


def test_the_truth_of_1200_dimensions_passes_one_rule_and_not_the_other(tmp_path: Path) -> None:
    found = run_trial(ModesTrial("truth", "truth", "diagonal", 1, 1), tmp_path)
    (figures,) = found["figures"]
    assert figures["captured"] == 10
    assert figures["published"] == 0
    assert figures["quality"] > 0.995
    assert (tmp_path / "diagonal" / "truth" / "samples.png").exists()
    assert found["images"] is None
    assert found["named"] == 1
    assert found["seconds"] == 0, "nothing was trained, and judging is not counted"


def test_the_error_of_a_mean_is_that_of_independent_seeds() -> None:
    assert mean_and_error([1.0, 2.0, 3.0, 4.0])[1] == pytest.approx(math.sqrt(5 / 3 / 4))
    assert mean_and_error([1.0]) == (1.0, None)


@pytest.mark.parametrize("field", ["training", "judged_by"])
def test_a_record_of_other_training_data_or_another_judge_is_not_taken_up(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = ModesTrial("memorizer", "memorizer", "ring", 1, 1)
    trial.begin(tmp_path)
    run_trial(trial, tmp_path)
    assert known(trial, tmp_path) is not None
    trial.begin(tmp_path)
    monkeypatch.setattr(Ring, field, {"training": 50, "judged_by": "cnn"}[field])
    with pytest.raises(InputError, match="choose another --out"):
        trial.begin(tmp_path)


def test_seeds_that_are_trained_by_themselves_are_those_of_the_whole_trial_and_are_found_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stacked, "training", 100)
    trial = ModesTrial("tiny", TINY, "stacked", 2, 24)
    unit, data = trial.unit(), Stacked().data(100)
    assert isinstance(unit, Gan)
    for part in reversed(apart(trial)):
        assert train_seed(part, tmp_path) == {}
    logs = [folder / "log.jsonl" for folder in sorted(trial.folder(tmp_path).glob("seed-*"))]
    before = [log.read_text() for log in logs]
    found = play_seeds(unit, data, [0, 1], images=24, folder=trial.folder(tmp_path)).generators
    assert len(before) == 2
    assert [log.read_text() for log in logs] == before
    whole = play_seeds(unit, data, [0, 1], images=24).generators
    z = torch.randn(3, 4)
    for one, other in zip(found, whole, strict=True):
        assert torch.equal(one(z), other(z))


def test_a_seed_whose_losses_are_not_finite_is_left_to_the_trial_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stacked, "training", 100)
    wild = TINY.replace("penalties=()", "penalties=(), loss=wgan(), lr=1e30")
    assert train_seed((ModesTrial("wild", wild, "stacked", 1, 64), 0), tmp_path) == {}
    with pytest.raises(InputError, match="expected at least one round"):
        train_seed((ModesTrial("short", TINY, "stacked", 1, 1), 0), tmp_path)
