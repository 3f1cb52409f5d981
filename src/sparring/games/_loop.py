"""The one training loop: adversarial training and GANs, from one process or many, resumable to the bit."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sparring.core.seeds import child_seed
from sparring.games._checkpoints import Checkpoints
from sparring.games._feed import Feed
from sparring.games._rollback import Rollback
from sparring.games._table import NotFinite, Table
from sparring.games.base import Batch, Game, Rule

Figures = dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How a game is trained.

    Fields:
        rounds: how many in all.
        seed: decides every random number.
        every: rounds between evaluations; the last round is always followed by one.
        evaluate: looks at the players and returns figures; it may use them as it likes, nothing it does is felt.
        select: the figure that the best modules have the highest of.
        save_every: seconds between checkpoints; their times change nothing.
        progress: called with each record of the log when it is made.
        pulse: rounds between records of the losses.
        halt: asked after each record, and before the first round of a run that goes on, whether to end here; the state
            is saved first, so that more rounds can follow.
        rollback: when to go back to an earlier state; None for never.
    """

    rounds: int
    seed: int = 0
    every: int = 1000
    evaluate: Callable[[Table], Figures] | None = None
    select: str = ""
    save_every: float = 30.0
    progress: Callable[[dict[str, Any]], None] | None = None
    pulse: int = 50
    halt: Callable[[], bool] | None = None
    rollback: Rollback | None = None


def train(game: Game, rule: Rule, table: Table, feed: Feed, plan: Plan, folder: Path | None = None) -> Checkpoints:
    """Play a game to its end, or go on with the one that lies in the folder; return its checkpoints.

    A run that was killed at any moment ends with the same weights, to the bit, as one that was not: batches, learning
    rates and random numbers are functions of the round and of how often the run went back, and everything else is in
    the checkpoint (G26).

    Raises: InputError when a loss or gradient is not finite and there is no going back; the last good checkpoint stays
    (G36).
    Cost: those of the rule and the game's losses.
    """
    run = _Run(game, rule, table, feed, plan, Checkpoints(folder, writes=table.group.rank == 0))
    run.begin()
    with torch.random.fork_rng(devices=[f for f in (feed.pixels.device,) if f.type == "cuda"]):
        while table.round < plan.rounds and not run.over:
            try:
                run.round()
                run.afterwards()
            except NotFinite as error:
                if plan.rollback is None:
                    raise
                run.go_back(plan.rollback, str(error))
    run.files.seconds = run.seconds
    table.group.wait()
    for player in table.players.values():
        player.module.eval()
    return run.files


class _Run:
    """One training under way: a round, what follows it, and the way back."""

    def __init__(self, game: Game, rule: Rule, table: Table, feed: Feed, plan: Plan, files: Checkpoints) -> None:
        self.game, self.rule, self.table, self.feed, self.plan, self.files = game, rule, table, feed, plan, files
        self.main = table.group.rank == 0
        self.best: Figures | None = None
        self.seconds, self.saved, self.rollbacks, self.over = 0.0, time.monotonic(), 0, False

    def begin(self) -> None:
        """Take up where the folder's last checkpoint was taken, if it has one."""
        kept, back = self.files.last(), self.plan.rollback
        if kept is not None:
            self._load(kept)
            self.seconds, self.rollbacks = kept["seconds"], kept.get("rollbacks", 0)
            halted = self.plan.halt is not None and bool(self.table.group.share(self.plan.halt()))
            self.over = halted or (back is not None and self.rollbacks > back.most)
        if back is not None and self.files.good(self.table.round) is None:
            self.files.save_good(self._state(), back.looks)
        self.table.group.wait()  # all have read it before one writes the next

    def round(self) -> None:
        """Play one round: its batches, its random numbers and its learning rates are functions of its number."""
        table, rule, plan, replays = self.table, self.rule, self.plan, self.game.replays
        number, started = table.round, time.perf_counter()
        share, step, replay = number / plan.rounds, number // replays, number % replays
        again = f", rollback {self.rollbacks}" if self.rollbacks else ""
        _seed(child_seed(plan.seed, f"round {number}, process {table.group.rank}{again}"), self.feed.pixels.device)
        wanted = range(step * rule.batches, (step + 1) * rule.batches)
        batches = [self.feed.batch(each, round_=number, share=share, replay=replay) for each in wanted]
        if self.rollbacks:
            batches = [_redrawn(batch, again) for batch in batches]
        table.set_rates(share, 1.0 if plan.rollback is None else plan.rollback.scale(self.rollbacks))
        for player in table.players.values():
            player.module.train()
        rule.play(table, self.game, batches)
        table.close_round(sum(map(self.feed.count, wanted)))
        self.seconds += time.perf_counter() - started

    def afterwards(self) -> None:
        """Tell, look, save, and say whether to end or to go back, each when it is time."""
        table, plan, files, back = self.table, self.plan, self.files, self.plan.rollback
        last = table.round == plan.rounds
        told, looked = last or table.round % plan.pulse == 0, last or table.round % plan.every == 0
        if told:
            self._tell("train", **table.told())
        if looked:
            table.check_weights()
            figures = {} if plan.evaluate is None else plan.evaluate(table)
            if figures:
                self._tell("evaluate", **figures)
            if plan.select and (self.best is None or figures[plan.select] > self.best[plan.select]):
                self.best = figures | {"round": table.round}
                files.save_best({"figures": self.best, "modules": table.modules()})
            self.saved = -math.inf
        whole = table.round % self.game.replays == 0  # in the midst of replays a batch's own state is under way
        if back is not None and (told or looked):
            wrong = str(table.group.share(back.why()))
            if wrong:
                return self.go_back(back, wrong)
        spoken = told or looked
        self.over = plan.halt is not None and whole and spoken and bool(table.group.share(plan.halt()))
        due = last or self.over or (whole and time.monotonic() - self.saved > plan.save_every)
        if due and not looked:
            table.check_weights()
        if back is not None and looked and whole and table.round > back.after:
            files.save_good(self._state(), back.looks)
        if due and self.main:
            files.save(self._state())
            self.saved = time.monotonic()
        return None

    def go_back(self, back: Rollback, why: str) -> None:
        """Return to the last good state; after too many times, end there."""
        table, good = self.table, self.files.good(self.table.round)
        assert good is not None
        self.rollbacks += 1
        record = {
            "number": self.rollbacks, "round": table.round, "images": table.images, "seconds": round(self.seconds, 3),
            "to": good["round"], "to_images": good["images"], "why": why, "ends": self.rollbacks > back.most,
        }  # fmt: skip
        table.group.wait()  # all have read it before one writes
        self._load(good)
        table.told()  # what was gathered since the last record is of rounds that are gone
        self.files.go_back(self._state(), **record)
        table.group.wait()
        self.saved, self.over = time.monotonic(), self.rollbacks > back.most
        if self.plan.progress is not None:
            self.plan.progress({"event": "rollback", "of": self.plan.rounds, **record})

    def _load(self, state: dict[str, Any]) -> None:
        self.table.load(state)
        self.game.memory.clear()
        self.game.memory.update({name: value.to(self.feed.pixels.device) for name, value in state["game"].items()})
        self.best = state["best"]

    def _state(self) -> dict[str, Any]:
        return {
            **self.table.state(), "game": self.game.memory, "best": self.best, "seconds": self.seconds,
            "rollbacks": self.rollbacks,
        }  # fmt: skip

    def _tell(self, event: str, **figures: float) -> None:
        table, seconds = self.table, round(self.seconds, 3)
        record = {"round": table.round, "of": self.plan.rounds, "images": table.images, "seconds": seconds, **figures}
        self.files.log(event, **record)
        if self.plan.progress is not None:
            self.plan.progress({"event": event, **record})


def _redrawn(batch: Batch, again: str) -> Batch:
    """Return a batch whose samples draw other numbers."""
    return dataclasses.replace(batch, seed=child_seed(batch.seed, again))


def _seed(seed: int, device: torch.device) -> None:
    """Seed the generators that the round draws from; torch.manual_seed would look for every kind of accelerator."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
