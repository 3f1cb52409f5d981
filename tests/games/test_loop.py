"""The one loop: interrupted anywhere it ends with the same bits, and looking at it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from sparring.core.group import Group
from sparring.errors import InputError
from sparring.games import Plan, train
from sparring.registry import parse

ROUNDS = 16


class Stopped(Exception):
    pass


def same(one: Any, two: Any, where: str = "") -> None:
    """Every tensor to the bit, every other value equal."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, two), where
    elif isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            same(one[key], two[key], f"{where}/{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(two), where
        for place, (a, b) in enumerate(zip(one, two, strict=True)):
            same(a, b, f"{where}/{place}")
    else:
        assert one == two, where


def accuracy(table):
    """A figure that needs the net in eval mode, and leaves it so; it draws random numbers and makes gradients too."""
    net = table.players["net"].module.eval()
    x = torch.rand(20, 1, 4, 4)
    net(x).sum().backward()
    return {"good": net(x).detach().softmax(1)[:, 0].mean().item()}


def plan(**fields: Any) -> Plan:
    return Plan(ROUNDS, 1, **{"every": 5, "save_every": 0.0, "pulse": 1} | fields)


def stop_at(round_: int, event: str):
    def progress(record: dict[str, Any]) -> None:
        if (record["round"], record["event"]) == (round_, event):
            raise Stopped

    return progress


@pytest.mark.parametrize("rule", ["alternating", "alternating(k=2)", "simultaneous", "extragradient", "optimistic"])
def test_a_run_that_was_stopped_and_one_that_was_not_end_alike(toy, tmp_path, rule):
    """G26: weights, Adam's moments, average, statistics, memory, best; stopped twice, once while it was looked at."""
    unit, rate = parse(rule), lambda share: 1 - 0.5 * share
    whole = toy(schedule=rate)
    files = train(whole.game, unit, whole.table, whole.feed, plan(evaluate=accuracy, select="good"), tmp_path / "whole")
    for round_, event in ((4, "train"), (10, "evaluate"), (0, "")):
        cut = toy(schedule=rate)
        stop = plan(evaluate=accuracy, select="good", progress=stop_at(round_, event))
        try:
            again = train(cut.game, unit, cut.table, cut.feed, stop, tmp_path / "cut")
        except Stopped:
            assert cut.table.round == round_
            continue
    same(cut.table.state(), whole.table.state())
    same(again.best(), files.best())
    same(cut.net.state_dict(), whole.net.state_dict())
    assert cut.table.state()["memory"].keys() == (
        {f"optimistic/net/{i}" for i in range(6)} if rule == "optimistic" else set()
    )


def test_a_run_of_n_that_goes_on_to_2n_is_one_of_2n(toy, tmp_path):
    """G26, where nothing depends on how long the run is to be."""
    whole, cut = toy(), toy()
    train(whole.game, parse("alternating"), whole.table, whole.feed, Plan(20), tmp_path / "whole")
    train(cut.game, parse("alternating"), cut.table, cut.feed, Plan(10), tmp_path / "cut")
    longer = toy()
    train(longer.game, parse("alternating"), longer.table, longer.feed, Plan(20), tmp_path / "cut")
    same(longer.table.state(), whole.table.state())
    assert longer.table.images == sum(map(longer.feed.count, range(20)))
    assert len(longer.game.batches) == 10


def test_a_run_that_is_halted_can_go_on(toy, tmp_path):
    """It ends where something was told, with its state saved; more rounds of it are those of a run that never ended."""
    whole, cut, again, told = toy(), toy(), toy(), []
    train(whole.game, parse("alternating"), whole.table, whole.feed, plan(pulse=4, every=100), tmp_path / "whole")
    train(
        cut.game, parse("alternating"), cut.table, cut.feed,
        plan(pulse=4, every=100, progress=told.append, halt=lambda: told[-1]["round"] >= 7, save_every=1e9),
        tmp_path / "cut",
    )  # fmt: skip
    assert cut.table.round == 8
    train(again.game, parse("alternating"), again.table, again.feed, plan(pulse=4, every=100), tmp_path / "cut")
    assert len(again.game.batches) == ROUNDS - 8
    same(again.table.state(), whole.table.state())


def test_a_run_that_is_over_is_not_played_again(toy, tmp_path):
    first, again = toy(), toy()
    train(first.game, parse("alternating"), first.table, first.feed, plan(), tmp_path)
    told = (tmp_path / "log.jsonl").read_text()
    train(again.game, parse("alternating"), again.table, again.feed, plan(), tmp_path)
    assert again.game.batches == []
    same(again.table.state(), first.table.state())
    assert (tmp_path / "log.jsonl").read_text() == told


def test_another_seed_is_another_run(toy):
    """What the seed decides here is dropout; the feed has its own."""
    nets = []
    for seed in (0, 0, 1):
        play = toy()
        train(play.game, parse("alternating"), play.table, play.feed, Plan(3, seed))
        nets.append(play.net[5].weight)
    assert torch.equal(nets[0], nets[1])
    assert not torch.equal(nets[0], nets[2])


def test_looking_changes_nothing(toy):
    """G25: with evaluation every second round and without any, and the generators are left as found (T30)."""
    runs = []
    for look in (accuracy, None):
        runs.append(play := toy())
        state = torch.get_rng_state()
        train(play.game, parse("alternating"), play.table, play.feed, plan(evaluate=look, every=2))
        assert torch.equal(torch.get_rng_state(), state)
    same(runs[0].table.state(), runs[1].table.state())


def test_batches_rounds_and_shares_are_those_of_the_rule(toy):
    play = toy()
    train(play.game, parse("alternating(k=3)"), play.table, play.feed, Plan(4))
    seen = play.game.batches
    wanted = [play.feed.batch(i, round_=i // 3) for i in range(12)]
    assert [batch.index.tolist() for batch in seen] == [batch.index.tolist() for batch in wanted]
    assert [batch.seed for batch in seen] == [batch.seed for batch in wanted]
    assert [batch.share for batch in seen[::3]] == [0, 0.25, 0.5, 0.75]
    assert not play.net.training


def test_replays_play_a_batch_again_and_checkpoints_wait_for_the_last(toy, tmp_path):
    """G26: what a batch's replays carry need not be saved, since none is saved in their midst."""
    whole = toy(replays=3)
    more = Plan(12, 1, every=4, evaluate=accuracy, select="good", save_every=0.0, pulse=1)
    train(whole.game, parse("alternating"), whole.table, whole.feed, more, tmp_path / "whole")
    seen = whole.game.batches
    assert [batch.replay for batch in seen] == [0, 1, 2] * 4
    assert [batch.index.tolist() for batch in seen[::3]] == [batch.index.tolist() for batch in seen[2::3]]
    assert len({batch.seed for batch in seen}) == 12
    for round_ in (5, 0):
        cut = toy(replays=3)
        stop = Plan(
            12, 1, every=4, evaluate=accuracy, select="good", save_every=0.0, pulse=1, progress=stop_at(round_, "train")
        )
        try:
            train(cut.game, parse("alternating"), cut.table, cut.feed, stop, tmp_path / "cut")
        except Stopped:
            assert torch.load(tmp_path / "cut" / "last.pt", weights_only=True)["round"] == 3
    assert cut.game.batches[0].replay == 0
    same(cut.table.state(), whole.table.state())


def test_the_log_tells_each_round_once(toy, tmp_path):
    for round_ in (7, 12, 0):
        play = toy()
        stop = plan(evaluate=accuracy, progress=stop_at(round_, "train"))
        try:
            files = train(play.game, parse("alternating"), play.table, play.feed, stop, tmp_path)
        except Stopped:
            continue
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [record["round"] for record in records if record["event"] == "train"] == list(range(1, ROUNDS + 1))
    assert [record["round"] for record in files.history("evaluate")] == [5, 10, 15, 16]
    assert {"net_loss", "right", "images", "of", "seconds"} <= records[-2].keys()
    seconds = [record["seconds"] for record in records]
    assert seconds == sorted(seconds)


def test_the_best_is_kept_and_not_the_last(toy, tmp_path):
    """The average where there is one; of equal figures the first."""
    play, figures = toy(), iter([0.1, 0.7, 0.7, 0.2])
    kept = {}

    def evaluate(table):
        kept[table.round] = {k: v.clone() for k, v in table.players["net"].average.module.state_dict().items()}
        return {"good": next(figures)}

    files = train(
        play.game, parse("alternating"), play.table, play.feed, plan(evaluate=evaluate, select="good"), tmp_path
    )
    assert files.best()["figures"] == {"good": 0.7, "round": 10}
    same(files.best()["modules"]["net"], kept[10])
    assert not torch.equal(kept[10]["5.weight"], kept[16]["5.weight"])


def test_what_is_not_finite_leaves_the_last_good_checkpoint(toy, tmp_path):
    """G36."""
    play = toy()

    def spoil(record):
        if record["round"] == 8:
            with torch.no_grad():
                play.net[5].weight[1, 2] = float("nan")

    with pytest.raises(
        InputError, match=r"as the loss of net in round 8, first in the gradient of .*the last good checkpoint"
    ):
        train(
            play.game,
            parse("alternating"),
            play.table,
            play.feed,
            plan(progress=spoil, every=99, save_every=1e9),
            tmp_path,
        )
    assert not (tmp_path / "last.pt").exists()
    play = toy()
    with pytest.raises(InputError, match="in round 8"):
        train(
            play.game,
            parse("alternating"),
            play.table,
            play.feed,
            plan(progress=spoil, every=5, save_every=1e9),
            tmp_path,
        )
    assert torch.load(tmp_path / "last.pt", weights_only=True)["round"] == 5
    fresh = toy()
    files = train(fresh.game, parse("alternating"), fresh.table, fresh.feed, plan(), tmp_path)
    assert files.last()["round"] == ROUNDS


TWO = """
import sys
import torch
from sparring.core.group import this_group
from sparring.data import load_data
from sparring.defenses._game import PLAYER, DefenseGame
from sparring.games import Feed, Plan, Player, Table, train
from sparring.registry import parse

def weights():
    group, data = this_group(), load_data("digits:train")
    net = parse("cnn(width=4)").build(data.shape, 10, seed=0)
    defense, threat = parse("adversarial(steps=2, lam=1)"), parse("linf(0.1)")
    game = DefenseGame(net, defense, threat, 10, data.images([0, 1]), len(data))
    table = Table({PLAYER: Player(net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9))}, group)
    train(game, parse("alternating"), table, Feed(data, 101, 0, group=group), Plan(6))
    return group, net.state_dict()

if __name__ == "__main__":
    torch.set_num_threads(1)
    group, state = weights()
    if group.rank == 0:
        torch.save(state, sys.argv[1])
"""


@pytest.mark.slow
def test_two_processes_are_one(tmp_path: Path) -> None:
    """G10: six rounds of adversarial training on uneven halves of every batch end within 1e-6 of one process's."""
    script = tmp_path / "two.py"
    script.write_text(TWO)
    states = []
    for start in ([], ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]):
        out = tmp_path / f"{len(states)}.pt"
        done = subprocess.run(
            [sys.executable, *start, str(script), str(out)], env=dict(os.environ, OMP_NUM_THREADS="1"),
            capture_output=True, text=True, check=False, timeout=200,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        states.append(torch.load(out, weights_only=True))
    one, two = states
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=0, atol=1e-6)


def test_processes_write_once_and_read_what_the_first_wrote(toy, tmp_path):
    """The second of two does not write; alone it would find nothing."""

    class Second(Group):
        def add(self, values):
            pass

        def wait(self):
            pass

    play = toy(group=Second(1, 2))
    train(play.game, parse("alternating"), play.table, play.feed, plan(evaluate=accuracy, select="good"), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert isinstance(play.net, nn.Module)
