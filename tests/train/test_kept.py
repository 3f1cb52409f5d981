"""The best of all looks: by the figure, in files of their own, the same for a run that was killed or went back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sparring.core.average import Average
from sparring.errors import InputError
from sparring.games import Player, Table
from sparring.train._kept import Kept, best_file, best_rounds, kept_file, weights

FIGURES = st.lists(st.floats(-5, 5), min_size=1, max_size=12)


def records(figures):
    return [{"round": i, "figure": x} for i, x in enumerate(figures)]


@given(FIGURES, st.integers(1, 4), st.integers(0, 3))
def test_what_is_kept_holds_the_best_of_now_and_of_every_state_in_reach(figures, keep, reach):
    looks = records(figures)
    kept = best_rounds(looks, keep, reach)
    for cut in range(min(reach, len(looks)) + 1):
        past = looks[: len(looks) - cut]
        want = sorted(range(len(past)), key=lambda i: (past[i]["figure"], i))[:keep]
        assert set(want) <= kept
    assert len(kept) <= keep + reach


def table_at(value: float, round_: int, average: bool = True) -> Table:
    net = nn.Linear(2, 1, bias=False)
    nn.init.constant_(net.weight, value)
    mean = Average(net, 10.0) if average else None
    table = Table({"generator": Player(net, torch.optim.SGD(net.parameters(), lr=0.1), None, mean)})
    table.round, table.images = round_, 64 * round_
    return table


def fed(kept: Kept, folder: Path | None, figures: list[float], first: int = 1) -> None:
    for round_, figure in enumerate(figures, first):
        kept.take(table_at(figure, round_), {"figure": figure, "noise": 0.1, "spread": 1.0})
        if folder is not None:
            with (folder / "log.jsonl").open("a") as file:
                file.write(json.dumps({"event": "evaluate", "round": round_, "images": 64 * round_, "figure": figure,
                                       "noise": 0.1}) + "\n")  # fmt: skip


@pytest.mark.parametrize("on_disk", [True, False])
def test_the_best_are_kept_and_come_back_in_order(on_disk, tmp_path):
    folder = tmp_path if on_disk else None
    kept = Kept(folder, 2, 0, "kid[pixels]", writes=True)
    fed(kept, folder, [3.0, 1.0, 2.0, 1.0, 5.0])
    assert [(each["images"], each["figure"]) for each in kept.told(5)] == [(128, 1.0), (256, 1.0)]
    assert kept.best(5)["weight"].tolist() == [[1.0, 1.0]]
    assert [each["images"] for each in kept.told(3)][:1] == [128]
    if on_disk:
        names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
        assert names == ["0000000128-kid-pixels-1.safetensors", "0000000256-kid-pixels-1.safetensors"]
        assert [each["file"] for each in kept.told(5)] == [f"checkpoints/{name}" for name in names]
        assert best_file(tmp_path) == tmp_path / "checkpoints" / names[0]
        assert kept_file(tmp_path, 256).name == names[1]
        with pytest.raises(InputError, match=r"kept \(128, 256\), got 64"):
            kept_file(tmp_path, 64)


@pytest.mark.parametrize("on_disk", [True, False])
def test_one_that_went_back_finds_what_it_had(on_disk, tmp_path):
    """Two better looks push the first two out; the run goes back before them, and its best is the first again."""
    folder = tmp_path if on_disk else None
    kept = Kept(folder, 1, 2, "fid[x]", writes=True)
    fed(kept, folder, [3.0, 4.0, 2.0, 1.0])
    if on_disk:
        lines = (tmp_path / "log.jsonl").read_text().splitlines(keepends=True)
        (tmp_path / "log.jsonl").write_text("".join(lines[:2]))
    assert kept.best(2)["weight"].tolist() == [[3.0, 3.0]]
    fed(kept, folder, [2.5], first=3)
    assert kept.best(3)["weight"].tolist() == [[2.5, 2.5]]
    assert [each["round"] for each in kept.told(3)] == [3]


def test_when_it_is_over_the_best_alone_stay(tmp_path):
    kept = Kept(tmp_path, 1, 2, "fid[x]", writes=True)
    fed(kept, tmp_path, [3.0, 2.0, 1.0])
    assert len(list((tmp_path / "checkpoints").iterdir())) == 3
    kept.finish(3)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["0000000192-fid-x-1.safetensors"]
    assert kept.told(2) == []


def test_one_of_several_processes_writes(tmp_path):
    kept = Kept(tmp_path, 1, 0, "fid[x]", writes=False)
    kept.take(table_at(1.0, 1), {"figure": 1.0, "noise": 0.0})
    assert list(tmp_path.iterdir()) == []
    assert best_file(tmp_path) is None


def test_the_average_is_what_is_kept_where_there_is_one():
    table = table_at(1.0, 1)
    with torch.no_grad():
        table.players["generator"].module.weight.fill_(9)
    assert weights(table)["weight"].tolist() == [[1.0, 1.0]]
    assert weights(table_at(2.0, 1, average=False))["weight"].tolist() == [[2.0, 2.0]]
