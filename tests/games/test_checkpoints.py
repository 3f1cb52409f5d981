"""What a training leaves on disk: whole, without code in it, and a log that tells no round twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from sparring.errors import InputError, SparringWarning
from sparring.games import Checkpoints

STATE = {"round": 3, "weights": {"a": torch.tensor([1.0, 2.0])}, "best": {"robust": 0.5}, "none": None}


def rounds(path: Path) -> list[int]:
    return [json.loads(line)["round"] for line in path.read_text().splitlines()]


def test_what_was_saved_comes_back(tmp_path):
    files = Checkpoints(tmp_path)
    assert files.last() is files.best() is None
    files.save(STATE)
    read = Checkpoints(tmp_path).last()
    assert read["weights"]["a"].tolist() == [1, 2]
    assert (read["round"], read["best"], read["none"]) == (3, {"robust": 0.5}, None)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_damaged_checkpoint_is_told_in_one_line(tmp_path, keep):
    files = Checkpoints(tmp_path)
    files.save(STATE)
    path = tmp_path / "last.pt"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(InputError, match=r"expected a checkpoint .*last\.pt, .* remove it to begin anew") as caught:
        files.last()
    assert "\n" not in str(caught.value)


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(tmp_path):
    """Two last states are kept; the log is cut to the earlier one, and a line says so."""
    files = Checkpoints(tmp_path)
    for round_ in (3, 5):
        files.log("train", round=round_)
        files.save(STATE | {"round": round_})
    whole = (tmp_path / "last.pt").read_bytes()
    (tmp_path / "last.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.warns(SparringWarning, match=r"last\.pt cannot be read: going on from .* of round 3$"):
        assert Checkpoints(tmp_path).last()["round"] == 3
    assert rounds(tmp_path / "log.jsonl") == [3]
    assert Checkpoints(tmp_path).last()["round"] == 3  # told once
    (tmp_path / "last.pt").write_bytes(b"")
    (tmp_path / "previous.pt").write_bytes(b"")
    with pytest.raises(InputError, match=r"previous\.pt, got one that cannot be read"):
        Checkpoints(tmp_path).last()


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["last.pt", "best.pt"])
def test_reading_one_runs_no_code(tmp_path, name):
    torch.save({"round": 1, "best": Trap(tmp_path / "caught")}, tmp_path / name)
    files = Checkpoints(tmp_path)
    with pytest.raises(InputError, match="expected a checkpoint"):
        files.last() if name == "last.pt" else files.best()
    assert not (tmp_path / "caught").exists()


def test_the_best_is_a_copy_and_is_found_again(tmp_path):
    for folder in (tmp_path, None):
        files, weight = Checkpoints(folder), torch.zeros(2)
        files.save_best({"figures": {"robust": 0.25}, "modules": {"net": {"w": weight}}})
        weight.fill_(9)  # training goes on
        assert files.best()["modules"]["net"]["w"].tolist() == [0, 0]
    read = Checkpoints(tmp_path).best()
    assert read["figures"] == {"robust": 0.25}
    assert read["modules"]["net"]["w"].tolist() == [0, 0]


def test_the_log_is_cut_to_the_round_gone_on_from(tmp_path):
    """With the torn last line of a process that was killed while it wrote."""
    files = Checkpoints(tmp_path)
    for number in range(1, 6):
        files.log("train", round=number)
    files.save(STATE)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"event": "train", "rou')
    again = Checkpoints(tmp_path)
    again.last()
    assert rounds(tmp_path / "log.jsonl") == [1, 2, 3]
    again.log("train", round=4)
    assert rounds(tmp_path / "log.jsonl") == [1, 2, 3, 4]
    assert [record["round"] for record in again.history("train")] == [1, 2, 3, 4]


def test_a_log_without_a_checkpoint_is_of_a_run_that_begins_anew(tmp_path):
    """Killed before the first checkpoint: its rounds come again, and are not told twice."""
    (tmp_path / "log.jsonl").write_text('{"event": "train", "round": 1}\n{"event": "train", "rou')
    files = Checkpoints(tmp_path)
    assert files.last() is None
    files.log("train", round=1)
    assert rounds(tmp_path / "log.jsonl") == [1]
    assert len(files.history("train")) == 1


def test_records_are_told_by_event_with_a_folder_or_without(tmp_path):
    for folder in (tmp_path, None):
        files = Checkpoints(folder)
        files.log("train", round=1, loss=0.5)
        files.log("evaluate", round=2, robust=0.25)
        (record,) = files.history("evaluate")
        assert (record["round"], record["robust"]) == (2, 0.25)


def test_one_of_several_processes_writes(tmp_path):
    files = Checkpoints(tmp_path, writes=False)
    files.save(STATE)
    files.save_best({"figures": {}, "modules": {}})
    files.log("train", round=1)
    assert list(tmp_path.iterdir()) == []
    assert files.best() == {"figures": {}, "modules": {}}
