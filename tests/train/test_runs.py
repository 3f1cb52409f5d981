"""A whole run: killed and gone on with, gone back, ended when flat, spoiled; its best is what it leaves."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.cli._app import run
from sparring.data import Dataset
from sparring.errors import InputError, SparringWarning
from sparring.gan.nets import Discriminator, Judgement
from sparring.train import Limits, load_generator, train
from sparring.train._watch import Watch

SMALL = "gan(nets=dense(hidden=(16,), latent=4), batch_size=32)"
TINY = {
    "baseline": "baseline(nets=r3(width=4, latent=8, blocks=1), batch_size=16, average=100)",
    "dcgan": "dcgan(nets=dcgan(width=4, latent=8), batch_size=16, average=100)",
}


def same(one: Any, two: Any, where: str = "") -> None:
    """Every tensor to the bit, every other value equal, but for times."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, two), where
    elif isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            if key not in ("seconds", "time", "command", "date"):
                same(one[key], two[key], f"{where}/{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(two), where
        for place, (a, b) in enumerate(zip(one, two, strict=True)):
            same(a, b, f"{where}/{place}")
    else:
        assert one == two, where


def state(folder: Path) -> dict[str, Any]:
    kept: dict[str, Any] = torch.load(folder / "last.pt", weights_only=True)
    return kept


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


KILLED = """
import os, signal, sys
import torch
from sparring.data import Dataset
from sparring.train import train
torch.set_num_threads(1)
data = Dataset(torch.rand(2100, 1, 12, 10, generator=torch.Generator().manual_seed(0)))
def listen(record):
    if (record["round"], record["event"]) == (int(sys.argv[2]), sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
for out in sys.argv[4:]:
    train(sys.argv[1], data, images=160, out=out, seed=1, progress=listen)
"""


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        pytest.param("baseline", ["7 train"], marks=pytest.mark.slow),
        pytest.param("baseline", ["5 evaluate", "6 train"], marks=pytest.mark.slow),
        ("dcgan", ["7 train"]),
    ],
)
def test_a_run_that_was_killed_goes_on_in_another_process_and_ends_alike(
    name: str, stops: list[str], tmp_path: Path
) -> None:
    """G26: kill −9 as a look is told and between looks; every tensor equal: G, D, average, Adam's moments, memory, the
    held-out record, the best. Data order and random numbers are functions of the round, and so are in the weights."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for outs, stop in (*(((cut,), stop) for stop in stops), ((cut, whole), "0 none")):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, TINY[name], *stop.split(), *map(str, outs)],
            env=dict(os.environ, OMP_NUM_THREADS="1"), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == (0 if stop == "0 none" else -9), done.stderr[-2000:]
    one, two = state(whole), state(cut)
    players = one["players"]
    assert players["discriminator"]["optimizer"]["state"]
    assert players["generator"]["average"]["images"] == one["images"]
    same(one, two)
    results = [json.loads((out / "result.json").read_text()) for out in (whole, cut)]
    same(*results)
    assert len(results[0]["looks"]) == 10
    assert results[0]["figure"]["held_out"]
    assert files(whole) == files(cut)
    for path in [*map("checkpoints/{}".format, files(whole)), "generator.safetensors"]:
        assert (whole / path).read_bytes() == (cut / path).read_bytes()


def test_the_best_look_is_what_a_run_leaves(tmp_path: Path) -> None:
    """By the select half; what is told is of the report half; best, last and each that was kept can be taken up."""
    data = Dataset(torch.rand(2100, 2, generator=torch.Generator().manual_seed(0)) ** 3)
    found = sparring.train(SMALL, data, images=3200, out=tmp_path, keep=2)
    result, z = found.result, torch.randn(5, 4)
    looks = sorted(result["looks"], key=lambda record: record["figure"])
    assert [each["images"] for each in result["kept"]] == [each["images"] for each in looks[:2]]
    assert [each["file"].partition("/")[2] for each in sorted(result["kept"], key=lambda r: r["images"])] == files(
        tmp_path
    )
    assert result["figure"]["fingerprint"]["split"] == "report half of 210 of 2100 images, held out"
    assert result["figure"]["interval"][0] < result["figure"]["value"] < result["figure"]["interval"][1]
    best = load_generator(tmp_path)(z)
    assert torch.equal(best, found.generator(z))
    assert torch.equal(best, load_generator(tmp_path, looks[0]["images"])(z))
    (tmp_path / "generator.safetensors").unlink()
    assert torch.equal(best, load_generator(tmp_path)(z)), "the best so far, of a run that has not ended"
    average = state(tmp_path)["players"]["generator"]["average"]["module"]
    same(dict(load_generator(tmp_path, "last").state_dict()), dict(average))
    for which, words in (("worst", "expected best, last or a number"), (3, "kept")):
        with pytest.raises(InputError, match=words):
            load_generator(tmp_path, which)


def test_the_held_out_figure_changes_nothing_of_the_training() -> None:
    """G25: of another network, half and number of generators kept, the course is the same to the bit."""
    losses = [
        train(SMALL, Dataset(torch.rand(300, 1, 4, 4, generator=torch.Generator().manual_seed(0))), images=640,
              held_out=Dataset(torch.rand(n, 1, 4, 4)), keep=keep).result["losses"]
        for n, keep in ((20, 1), (90, 3))
    ]  # fmt: skip
    same(losses[0], losses[1])


def test_a_damaged_last_checkpoint_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for out in (whole, cut):
        train(SMALL, "digits:train", images=256, out=out)
    (cut / "last.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.warns(SparringWarning, match="going on from the checkpoint before it, of round 7"):
        train(SMALL, "digits:train", images=256, out=cut)
    same(state(whole), state(cut))
    same(*(json.loads((out / "result.json").read_text()) for out in (whole, cut)))


STUCK = "gan(nets=dense(hidden=(16,), latent=1), lr=1e-12, lr_discriminator=1e-3, batch_size=32)"
"""A generator that stays where it began, at images that are all alike."""
COLLAPSED = Limits(grace=0, patience=2, spread=0.99, pulses=10**6)


def test_a_run_that_goes_wrong_goes_back_three_times_and_ends(tmp_path: Path, capsys: Any) -> None:
    found = train(STUCK, "digits:train", images=640, out=tmp_path, on_alarm="rollback", limits=COLLAPSED)
    turns = found.result["rollbacks"]
    assert [(turn["number"], turn["ends"]) for turn in turns] == [(1, False), (2, False), (3, False), (4, True)]
    assert all("collapse: samples are" in turn["why"] and turn["to"] == 0 for turn in turns)
    assert (found.result["stopped_by"], found.result["images"], found.alarms) == ("rollbacks", 0, [])
    again = train(STUCK, "digits:train", images=640, out=tmp_path, on_alarm="rollback", limits=COLLAPSED)
    same(again.result, found.result)


class Spoiled(Discriminator):
    """A discriminator that finds a weight spoiled, once, at its so-manieth look at a batch."""

    def judge(self, x: torch.Tensor) -> Judgement:
        LOOKS_LEFT[0] -= 1
        if LOOKS_LEFT[0] == 0:
            next(self.parameters()).data[0, 0] = float("nan")
        return super().judge(x)


LOOKS_LEFT = [0]


def test_a_weight_that_is_not_finite_goes_back_or_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G36: spoiled in round 24, with rollback the run goes on to its end; without, it stops and names the round
    and the tensor, and the last good checkpoint and what was kept are whole."""
    monkeypatch.setattr("sparring.gan.nets.dense.Discriminator", Spoiled)
    LOOKS_LEFT[0] = 100  # four looks a round
    early = Limits(grace=10, pulses=3)
    found = train(SMALL, "digits:train", images=1280, out=tmp_path / "back", on_alarm="rollback", limits=early)
    (turn,) = found.result["rollbacks"]
    assert (turn["round"], turn["to"]) == (24, 14), "6 looks, which the watch may take"
    assert (found.result["stopped_by"], found.result["rounds"]) == ("", 40)
    assert all(bool(value.isfinite().all()) for value in found.generator.state_dict().values())
    LOOKS_LEFT[0] = 100
    with pytest.raises(InputError, match=r"round 24, first in .*: lower lr; the last good checkpoint is intact"):
        train(SMALL, "digits:train", images=1280, out=tmp_path / "stop")
    kept = state(tmp_path / "stop")
    assert kept["round"] == 24
    for player in kept["players"].values():
        assert all(bool(value.isfinite().all()) for value in player["module"].values())
    assert load_generator(tmp_path / "stop")(torch.zeros(2, 4)).isfinite().all()


def test_data_that_are_not_finite_stop_it(tmp_path: Path) -> None:
    """G36: spoiled after they were checked, in memory; the command line exits with 2 and one line."""
    data = Dataset(torch.rand(100, 1, 8, 8))
    data.pixels[:, 0, 3, 3] = float("nan")
    held = Dataset(torch.rand(40, 1, 8, 8))
    with pytest.raises(InputError, match="in round 0, first in the gradient of"):
        train(SMALL, data, held_out=held, images=640, out=tmp_path)
    assert not (tmp_path / "last.pt").exists()


def test_a_run_ends_when_it_is_flat_and_can_go_on(tmp_path: Path) -> None:
    """A generator that does not move is flat after the first look and five more; so is the same run, cut."""
    options = {"images": 3200, "out": tmp_path, "until_flat": True}
    found = train(STUCK, "digits:train", **options)
    assert (found.result["stopped_by"], len(found.result["looks"])) == ("flat", 6)
    assert train(STUCK, "digits:train", **options).result["rounds"] == found.result["rounds"]
    on = train(STUCK, "digits:train", images=3200, out=tmp_path)
    assert (on.result["stopped"], len(on.result["looks"])) == (False, 20)


def test_flat_is_no_failure_and_an_alarm_is(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparring.cli.train.keep_memory", lambda: None)
    command = ["train", STUCK, "--data", "digits:train", "--images", "3200", "--quiet", "--out"]
    assert run([*command, str(tmp_path / "flat"), "--until-flat"]) == 0
    assert "ended: the held-out figure has stopped improving" in capsys.readouterr().out
    hearing = importlib.import_module("sparring.train._hearing")  # sparring.train is the verb
    monkeypatch.setattr(hearing, "Watch", lambda limits: Watch(COLLAPSED))
    assert run([*command, str(tmp_path / "back"), "--on-alarm", "rollback"]) == 1
    printed = capsys.readouterr().out
    assert "rollback 1: went back to 0 after" in printed
    assert "rollback 4: ended at 0 after" in printed
    assert "ended: it went wrong again after every rollback" in printed
