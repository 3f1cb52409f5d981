"""Going back: to a state from before the trouble, with other draws, at half the rates, not for ever, and to the bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sparring.games import Plan, Rollback, train
from sparring.registry import parse

ROUNDS = 16


class Stopped(Exception):
    pass


class Ear:
    """Says that something is wrong at given rounds, so often each; it knows of what happened by records alone."""

    def __init__(self, wrong: dict[int, int], stop: int = 0, event: str = "train", spoil: int = 0) -> None:
        self.wrong, self.stop, self.event, self.spoil = wrong, stop, event, spoil
        self.round, self.turns, self.records = 0, 0, []
        self.net: Any = None

    def __call__(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        self.round = record["round"] if record["event"] != "rollback" else record["to"]
        if record["event"] == "rollback":
            self.turns = record["number"]
        if (record["round"], record["event"]) == (self.stop, self.event):
            raise Stopped
        if record["round"] == self.spoil and not self.turns:
            with torch.no_grad():
                self.net[5].weight[0, 0] = float("nan")

    def why(self) -> str:
        return "all is lost" if self.turns < self.wrong.get(self.round, 0) else ""


def seen(table) -> dict[str, float]:
    return {"good": float(sum(p.detach().sum() for p in table.players["net"].module.parameters()))}


def played(toy, ear: Ear, folder: Path | None = None, turns: int = 0, **fields: Any):
    play = toy()
    ear.net, ear.turns = play.net, turns
    back = Rollback(ear.why, **fields)
    plan = Plan(ROUNDS, 1, every=4, evaluate=seen, select="good", save_every=0.0, progress=ear, pulse=1, rollback=back)
    files = train(play.game, parse("alternating"), play.table, play.feed, plan, folder)
    return play, files


def same(one: Any, two: Any) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, two)
    elif isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            same(one[key], two[key])
    else:
        assert one == two


@pytest.mark.parametrize(("looks", "to"), [(1, 8), (2, 4), (3, 0)])
def test_it_goes_back_to_before_the_trouble_with_other_draws_at_half_the_rates(toy, looks, to):
    """Of trouble at a look that takes so many to be told, the states of looks before them are good."""
    ear = Ear({12: 1})
    play, files = played(toy, ear, looks=looks)
    (record,) = files.history("rollback")
    assert (record["round"], record["to"], record["why"], record["ends"]) == (12, to, "all is lost", False)
    first, second = play.game.batches[to:12], play.game.batches[12 : 24 - to]
    assert [batch.index.tolist() for batch in first] == [batch.index.tolist() for batch in second]
    assert not {batch.seed for batch in first} & {batch.seed for batch in second}
    assert play.table.players["net"].optimizer.param_groups[0]["lr"] == 0.01
    assert play.table.round == ROUNDS
    assert [record["round"] for record in files.history("train")] == list(range(1, ROUNDS + 1))


def test_trouble_that_may_have_been_there_from_the_start_goes_back_to_the_start(toy):
    for round_, to in ((12, 0), (16, 12)):
        _, files = played(toy, Ear({round_: 1}), looks=1, after=8)
        assert [record["to"] for record in files.history("rollback")] == [to]


def test_with_no_trouble_it_changes_nothing(toy):
    with_it, _ = played(toy, Ear({}))
    without = toy()
    train(without.game, parse("alternating"), without.table, without.feed, Plan(ROUNDS, 1))
    same(without.table.state(), with_it.table.state())


def test_what_it_goes_back_to_is_all_of_the_state(toy, tmp_path):
    """The state that a run has after going back is that of the round it goes back to, to the bit."""
    whole = toy()
    train(whole.game, parse("alternating"), whole.table, whole.feed, Plan(8, 1))
    with pytest.raises(Stopped):
        played(toy, Ear({12: 1}, stop=12, event="rollback"), tmp_path, looks=1)
    kept = torch.load(tmp_path / "last.pt", weights_only=True)
    assert {key: kept[key] for key in ("round", "images", "rollbacks")} == {
        "round": 8, "images": whole.table.images, "rollbacks": 1,
    }  # fmt: skip
    optimizer = whole.table.state()["players"]["net"]["optimizer"]
    same(kept["players"]["net"]["optimizer"]["state"], optimizer["state"])
    same(kept["players"]["net"]["module"], whole.net.state_dict())
    same(kept["players"]["net"]["average"], whole.table.state()["players"]["net"]["average"])


def test_it_ends_after_so_many_times_in_a_good_state(toy, tmp_path):
    ear = Ear({12: 99})
    play, files = played(toy, ear, tmp_path, looks=1, most=2)
    assert [record["ends"] for record in files.history("rollback")] == [False, False, True]
    assert play.table.round == 8
    again, _ = played(toy, Ear({12: 99}), tmp_path, turns=3, looks=1, most=2)  # over is over
    assert again.game.batches == []
    same(again.table.state()["players"]["net"]["module"], play.net.state_dict())


def test_what_is_not_finite_goes_back_too_and_names_its_round(toy, tmp_path):
    """G36: no alarm is waited for, and no spoiled weight is kept."""
    play, files = played(toy, Ear({}, spoil=6), tmp_path)
    (record,) = files.history("rollback")
    assert (record["to"], record["round"]) == (0, 6)
    assert "in round 6" in record["why"] or "after round 6" in record["why"]
    assert all(bool(p.isfinite().all()) for p in play.net.parameters())


STOPS = [(10, "train"), (12, "evaluate"), (12, "rollback"), (6, "train"), (14, "train")]


def test_a_run_that_was_killed_about_a_rollback_and_one_that_was_not_end_alike(toy, tmp_path):
    """G26: before it, when it is told, and after; the log tells each round once, and what was left is set aside."""
    whole, files = played(toy, Ear({12: 1, 15: 2}), tmp_path / "whole")
    turns = 0
    for stop, event in [*STOPS, (0, "")]:
        ear = Ear({12: 1, 15: 2}, stop, event)
        try:
            cut, again = played(toy, ear, tmp_path / "cut", turns)
        except Stopped:
            turns = ear.turns
    same(cut.table.state(), whole.table.state())
    same(again.best(), files.best())
    told = [
        [{k: v for k, v in json.loads(line).items() if k not in ("time", "seconds")} for line in lines]
        for lines in ((tmp_path / f / "log.jsonl").read_text().splitlines() for f in ("whole", "cut"))
    ]
    assert told[0] == told[1]
    assert [r["number"] for r in told[0] if r["event"] == "rollback"] == [1, 2]
    gone = [json.loads(line)["round"] for line in (tmp_path / "cut" / "rolled-back-1.jsonl").read_text().splitlines()]
    assert gone == [5, 6, 7, 8, 8, 9, 10, 11, 12, 12]


def test_a_folder_and_memory_go_back_alike(toy, tmp_path):
    one, files = played(toy, Ear({12: 1}))
    two, others = played(toy, Ear({12: 1}), tmp_path)
    same(one.table.state(), two.table.state())
    rounds = [[r["round"] for r in each.history("train")] for each in (files, others)]
    assert rounds[0] == rounds[1] == list(range(1, ROUNDS + 1))
