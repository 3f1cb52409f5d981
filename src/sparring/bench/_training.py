"""The speed of adversarial training: by the bare loop and by ours, batch by batch, and what each reaches."""

from __future__ import annotations

import datetime
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from sparring.bench._plain import plain_pgd
from sparring.core.runs import machine
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.defenses import Defense
from sparring.defenses._game import PLAYER, DefenseGame
from sparring.errors import InputError
from sparring.games import Feed, Player, Table
from sparring.games.alternating import Alternating
from sparring.harden._recipe import Recipe
from sparring.harden._train import _groups, look
from sparring.models import Trainable
from sparring.registry import parse_as
from sparring.threats import Threat


@dataclass(frozen=True)
class TrainingSpeed:
    """One defense against the bare loop of PGD adversarial training with `plain_steps` steps.

    Fields: `defense`; `rounds` batches of `batch_size` timed in turn; `seconds_plain` and `seconds`, medians a batch;
    `ratio`, the median of the ratios batch by batch; `threads`; `load` of the machine before; and after as many rounds
    as `trained` says, on the same batches, held-out (clean, robust) of each.
    """

    defense: str
    plain_steps: int
    batch_size: int
    rounds: int
    seconds_plain: float
    seconds: float
    ratio: float
    threads: int
    load: float
    trained: int
    reached_plain: tuple[float, float]
    reached: tuple[float, float]


def training_speed(
    data: Dataset,
    held: Dataset,
    defenses: Sequence[str | Defense],
    *,
    net: str | Trainable = "resnet(width=22)",
    threat: str | Threat = "linf(0.1)",
    steps: int = 5,
    rounds: int = 20,
    trained: int = 0,
    batch_size: int = 128,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[TrainingSpeed]:
    """Time each defense against the bare loop, and train both for `trained` rounds to compare what they reach.

    The two take turns batch by batch, from the same weights on the same batches, so a machine that slows down slows
    both. Everything a step needs is inside the clock.

    Raises: InputError for a threat that is not in Linf.
    Cost: rounds or `trained`, whichever is more, batches of the bare loop, and as many of each defense.
    """
    unit, limit = parse_as(Trainable, net), parse_as(Threat, threat)
    if limit.name() != "linf":
        raise InputError(f"expected a threat such as linf(0.1), in which the bare loop is written, got {limit}")
    found = []
    for text in defenses:
        method = parse_as(Defense, text)
        load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0
        total = max(rounds, trained)
        bare, ours = (_Side(unit, data, batch_size, total, seed) for _ in range(2))
        ways = (_bare(bare, limit, steps), _ours(ours, method, limit, data))
        times: list[list[float]] = [[], []]
        for number in range(total):
            for way, kept in zip(ways, times, strict=True):
                started = time.perf_counter()
                way(number)
                kept.append(time.perf_counter() - started)
        few = [column[-rounds:] for column in times]
        sides = [look(side.net, held, limit, seed, torch.device("cpu")) for side in (bare, ours)] if trained else []
        reached = [(each["clean"], each["robust"]) for each in sides] or [(0.0, 0.0), (0.0, 0.0)]
        row = TrainingSpeed(
            str(method), steps, batch_size, rounds, statistics.median(few[0]), statistics.median(few[1]),
            statistics.median(b / a for a, b in zip(*few, strict=True)), torch.get_num_threads(), load, trained,
            reached[0], reached[1],
        )  # fmt: skip
        found.append(row)
        if progress is not None:
            progress(str(method))
    return found


class _Side:
    """One net in training: the same start, batches and learning rates for both sides."""

    def __init__(self, unit: Trainable, data: Dataset, batch_size: int, total: int, seed: int) -> None:
        self.net = unit.build(data.shape, len(data.classes), seed=seed).train()
        self.recipe, self.total, self.seed = Recipe(), total, seed
        self.optimizer = torch.optim.AdamW(_groups(self.net, self.recipe.weight_decay), lr=self.recipe.peak(self.net))
        self.feed = Feed(data, batch_size, seed)

    def seeded(self, number: int) -> None:
        torch.manual_seed(child_seed(self.seed, f"round {number}"))


def training_table(rows: Sequence[TrainingSpeed], *, data: str, net: str, threat: str, command: str) -> str:
    """Return the table as Markdown, with the command, the machine and the date."""
    first = rows[0]
    lines = [
        f"{net} on {data}, {threat}, batches of {first.batch_size}, {first.threads} threads, the last {first.rounds} "
        f"of {max(first.rounds, first.trained)} batches timed. Plain: PGD with {first.plain_steps} steps in bare "
        "PyTorch, gradients of the images alone, the net in eval mode. Held out: clean and PGD-10 on the margin.",
        "",
        "| defense | s a batch, plain | s a batch, ours | **ratio** | held out, plain | held out, ours | load |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        reached = [f"{c:.1%} / {r:.1%}" if row.trained else "–" for c, r in (row.reached_plain, row.reached)]
        lines.append(
            f"| `{row.defense}` | {row.seconds_plain:.3f} | {row.seconds:.3f} | **{row.ratio:.2f}** | {reached[0]} "
            f"| {reached[1]} | {row.load:.1f} |"
        )
    lines += ["", f"`{command}` on {machine()}, {datetime.date.today().isoformat()}.", ""]
    return "\n".join(lines)


def _bare(side: _Side, threat: Threat, steps: int) -> Callable[[int], None]:
    """Return a step of the loop that anyone would write: PGD in eval mode, then one step on what it found."""

    def play(number: int) -> None:
        side.seeded(number)
        for group in side.optimizer.param_groups:
            group["lr"] = side.recipe.peak(side.net) * side.recipe.rate(number / side.total)
        batch = side.feed.batch(number, round_=number)
        side.net.eval()
        z = plain_pgd(side.net, batch.x, batch.labels, threat.radius, steps, 2.5 * threat.radius / steps)
        side.net.train()
        loss = F.cross_entropy(side.net(z.detach()), batch.labels)
        side.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        side.optimizer.step()

    return play


def _ours(side: _Side, defense: Defense, threat: Threat, data: Dataset) -> Callable[[int], None]:
    """Return a step of the library's own loop."""
    game = DefenseGame(side.net, defense, threat, len(data.classes), data.images([0, 1]), len(data))
    table = Table({PLAYER: Player(side.net, side.optimizer, side.recipe.rate)})
    rule = Alternating()

    def play(number: int) -> None:
        side.seeded(number)
        table.set_rates(number / side.total)
        batch = side.feed.batch(number, round_=number, share=number / side.total)
        nn.Module.train(side.net)
        rule.play(table, game, [batch])
        table.close_round(side.feed.size)

    return play
