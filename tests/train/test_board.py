"""TensorBoard's files say what the log says, once each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.train._board import Board, needs_tensorboard
from sparring.train._looks import png

pytest.importorskip("tensorboard")
SMALL = "gan(nets=dense(hidden=(8,), latent=4), batch_size=32)"


class Stopped(Exception):
    pass


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (file,) = (folder / "tensorboard").iterdir()
    found = EventAccumulator(str(file)).Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def logged(folder: Path, event: str, key: str) -> list[tuple[int, float]]:
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [(r["images"], pytest.approx(r[key], rel=1e-5)) for r in lines if r["event"] == event]


def test_a_run_that_goes_on_tells_each_record_once(tmp_path: Path) -> None:
    def train(progress=None) -> None:
        sparring.train(SMALL, "digits:train", images=256, out=tmp_path, tensorboard=True, progress=progress)

    def stop(record) -> None:
        if record["round"] == 5:
            raise Stopped

    with pytest.raises(Stopped):
        train(stop)
    for _ in range(2):  # the second time it is over already
        train()
        found = scalars(tmp_path)
        assert found["losses/accuracy"] == logged(tmp_path, "train", "accuracy")
        assert found["looks/figure"] == logged(tmp_path, "evaluate", "figure")
        assert "losses/seconds" not in found


def test_what_was_gone_back_from_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids" / f"{64:010d}.png").write_bytes(png(torch.rand(4, 1, 5, 5)))
    board, path = Board(tmp_path), tmp_path / "log.jsonl"
    told = [
        {"event": "train", "round": 1, "of": 4, "images": 64, "loss": 1.0},
        {"event": "evaluate", "round": 1, "of": 4, "images": 64, "spread": 0.5},
        {"event": "train", "round": 2, "of": 4, "images": 128, "loss": 9.0},
    ]
    for number, record in enumerate(told, 1):
        path.write_text("".join(json.dumps(each) + "\n" for each in told[:number]))
        board(record)
    assert scalars(tmp_path)["losses/loss"] == [(64, 1.0), (128, 9.0)]
    back = {"event": "rollback", "round": 2, "images": 128, "to": 1, "to_images": 64, "number": 1, "why": "worse"}
    path.write_text("".join(json.dumps(each) + "\n" for each in [*told[:2], back]))
    board(back)
    board.close()
    assert scalars(tmp_path) == {"losses/loss": [(64, 1.0)], "looks/spread": [(64, 0.5)]}


def test_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a directory for TensorBoard's files, got none"):
        needs_tensorboard(None)
    monkeypatch.setitem(__import__("sys").modules, "tensorboard", None)
    with pytest.raises(InputError, match=r"'tensorboard' to be installed.*\[tensorboard\]"):
        needs_tensorboard(tmp_path)
