"""One trial: judged by images that chose nothing, written down, and not done twice; what is not finite is a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sparring.bench import _gans_trial
from sparring.bench._gans_trial import Budget, Sides, Trial, known, one_thread, run_trial, sides, slug
from sparring.errors import InputError
from sparring.train import load_generator

BUDGET = Budget(160, "pixels(size=32)", 2000, 0)
SMALL = "gan(nets=dense(latent=4, hidden=(8,)), penalties=(), batch_size=32)"


def test_the_halves_are_apart_and_the_truth_lies_far_from_noise() -> None:
    """G40: what chooses and what tells share no image, and none of either is trained on."""
    real = Sides("digits", BUDGET)
    whole, half = real.train.name, real.choosing
    assert "train" in whole
    assert "test" in half.name
    assert real.n == 179
    beside = real.beside()
    assert 0 < beside["truth"] < beside["noise"] / 10
    assert beside["label"] == "fid[pixels]"
    assert not torch.equal(real._choose.features, real._tell.features)
    with pytest.raises(InputError, match="without one"):
        Sides("digits:test", BUDGET)


def test_a_trial_is_judged_written_down_and_not_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial("small", SMALL, "digits", 1, 0)
    assert known(trial, tmp_path) is None
    record = run_trial(trial, BUDGET, tmp_path)
    folder = trial.folder(tmp_path)
    assert record == json.loads((folder / "trial.json").read_text()) == known(trial, tmp_path)
    assert (record["choose"], record["tell"]) == sides("digits", BUDGET).figures(load_generator(folder))
    assert not list(folder.glob("*.pt"))
    assert record["failed"] == ""
    monkeypatch.setattr(_gans_trial, "train", None)
    assert run_trial(trial, BUDGET, tmp_path) == record
    with pytest.raises(InputError, match="another --out"):
        known(Trial("small", "gan", "digits", 1, 0), tmp_path)


def test_what_is_not_finite_is_a_failure_and_bad_input_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G36: the record names the round and the tensor."""

    record = run_trial(Trial("wild", SMALL.replace("batch", "lr=1e30, batch"), "digits", 1, 0), BUDGET, tmp_path)
    assert "finite" in record["failed"]
    assert "round" in record["failed"]
    assert record["tell"] is record["choose"] is None
    assert json.dumps(record, allow_nan=False)

    def refuse(*_: object, **__: object) -> None:
        raise InputError("expected labels")

    monkeypatch.setattr(_gans_trial, "train", refuse)
    with pytest.raises(InputError, match="labels"):
        run_trial(Trial("wild", SMALL, "digits", 1, 1), BUDGET, tmp_path)


def test_threads_are_left_as_found() -> None:
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_long_names_are_folders_of_their_own() -> None:
    one, other = slug("hinge(lr=0.001)"), slug("hinge(lr=0,001)")
    assert one != other
    assert len(slug("x(" * 400)) < 60
