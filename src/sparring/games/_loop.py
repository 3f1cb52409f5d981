"""The one training loop: adversarial training and GANs, from one process or many, resumable to the bit."""

from __future__ import annotations

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
from sparring.games._table import Table
from sparring.games.base import Game, Rule

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
        halt: asked after each record whether to end here; the state is saved first, so that more rounds can follow.
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


def train(game: Game, rule: Rule, table: Table, feed: Feed, plan: Plan, folder: Path | None = None) -> Checkpoints:
    """Play a game to its end, or go on with the one that lies in the folder; return its checkpoints.

    A run that was killed at any moment ends with the same weights, to the bit, as one that was not: batches, learning
    rates and random numbers are functions of the round, and everything else is in the checkpoint (G26).

    Raises: InputError when a loss or gradient is not finite; the last good checkpoint stays (G36).
    Cost: those of the rule and the game's losses.
    """
    main = table.group.rank == 0
    files = Checkpoints(folder, writes=main)
    kept = files.last()
    best: Figures | None = None
    if kept is not None:
        table.load(kept)
        game.memory.update({name: value.to(feed.pixels.device) for name, value in kept["game"].items()})
        best = kept["best"]
    table.group.wait()  # all have read it before one writes the next
    saved, seconds = time.monotonic(), 0.0 if kept is None else kept["seconds"]
    generators = [f for f in (feed.pixels.device,) if f.type == "cuda"]
    with torch.random.fork_rng(devices=generators):
        for number in range(table.round, plan.rounds):
            started = time.perf_counter()
            share, step, replay = number / plan.rounds, number // game.replays, number % game.replays
            _seed(child_seed(plan.seed, f"round {number}, process {table.group.rank}"), feed.pixels.device)
            wanted = range(step * rule.batches, (step + 1) * rule.batches)
            batches = [feed.batch(each, round_=number, share=share, replay=replay) for each in wanted]
            table.set_rates(share)
            for player in table.players.values():
                player.module.train()
            rule.play(table, game, batches)
            table.close_round(sum(map(feed.count, wanted)))
            seconds += time.perf_counter() - started

            last = table.round == plan.rounds
            if table.round % plan.pulse == 0 or last:
                _tell(files, plan, "train", table, seconds, table.told())
            if last or table.round % plan.every == 0:
                figures = {} if plan.evaluate is None else plan.evaluate(table)
                if figures:
                    _tell(files, plan, "evaluate", table, seconds, figures)
                if plan.select and (best is None or figures[plan.select] > best[plan.select]):
                    best = figures | {"round": table.round}
                    files.save_best({"figures": best, "modules": table.modules()})
                saved = -math.inf
            whole = table.round % game.replays == 0  # in the midst of replays a batch's own state is under way
            spoken = table.round % plan.pulse == 0 or table.round % plan.every == 0
            halted = plan.halt is not None and whole and spoken and bool(table.group.share(plan.halt()))
            if main and (last or halted or (whole and time.monotonic() - saved > plan.save_every)):
                table.check_weights()
                files.save({**table.state(), "game": game.memory, "best": best, "seconds": seconds})
                saved = time.monotonic()
            if halted:
                break
    files.seconds = seconds
    table.group.wait()
    for player in table.players.values():
        player.module.eval()
    return files


def _seed(seed: int, device: torch.device) -> None:
    """Seed the generators that the round draws from; torch.manual_seed would look for every kind of accelerator."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _tell(files: Checkpoints, plan: Plan, event: str, table: Table, seconds: float, figures: Figures) -> None:
    record = {"round": table.round, "of": plan.rounds, "images": table.images, "seconds": round(seconds, 3), **figures}
    files.log(event, **record)
    if plan.progress is not None:
        plan.progress({"event": event, **record})
