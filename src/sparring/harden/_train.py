"""One training of one net under one defense: the optimizer, the held-out figures, and the loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.core.average import Average
from sparring.core.frozen import frozen
from sparring.core.group import Group
from sparring.data import Dataset
from sparring.defenses import Defense
from sparring.defenses._game import PLAYER, DefenseGame
from sparring.errors import SparringWarning
from sparring.games import Feed, Plan, Player, Table, train
from sparring.games.alternating import Alternating
from sparring.harden._recipe import Recipe
from sparring.threats import Threat

Record = dict[str, Any]
LOOK = "pgd(steps=10, loss='margin')"
"""What the held-out robust accuracy is taken with: strong enough to rank weights, cheap enough to be taken often."""
LOOKED = 500
"""Held-out samples that are attacked."""


def run(
    net: nn.Module,
    defense: Defense,
    data: Dataset,
    held: Dataset | None,
    threat: Threat,
    recipe: Recipe,
    *,
    seed: int,
    tuned: bool = False,
    prepared: dict[str, Tensor] | None = None,
    extra: Dataset | None = None,
    folder: Path | None = None,
    group: Group | None = None,
    device: torch.device | None = None,
    progress: Callable[[Record], None] | None = None,
) -> tuple[nn.Module, Record]:
    """Train a net in place, `tuned` if it has learned before, and return what to use of it.

    Returns: the module in eval mode, with the best average on held-out data, else the last; and what was seen:
    `seconds` of the loop, those before an interruption included, `best`, the held-out figures of its round, `history`.
    """
    device = device or torch.device("cpu")
    net.to(device).train()
    classes = len(data.classes)
    kept = {name: value.to(device) for name, value in (prepared or {}).items()}
    game = DefenseGame(
        net, defense, threat, classes, data.images([0, 1]).to(device), len(data), kept, recipe.precision, group
    )
    optimizer = torch.optim.AdamW(_groups(net, recipe.weight_decay), lr=recipe.peak(net, tuned=tuned))
    feed = Feed(data, recipe.batch_size, seed, extra=extra, group=group, device=device)
    rounds = max(1, round(recipe.epochs * feed.epoch)) * defense.replays
    average = Average(net, recipe.average * rounds * feed.size) if recipe.average else None
    table = Table({PLAYER: Player(net, optimizer, recipe.rate, average)}, group, recipe.precision)

    def evaluate(table: Table) -> dict[str, float]:
        assert held is not None
        return look(net if average is None else average.module, held, threat, seed, device)

    plan = Plan(
        rounds, seed, every=max(1, rounds // recipe.evaluations), evaluate=evaluate if held is not None else None,
        select="robust" if held is not None else "", progress=progress, pulse=max(1, min(50, rounds // 20)),
    )  # fmt: skip
    files = train(game, Alternating(), table, feed, plan, folder)
    best = files.best()
    if best is not None:
        net.load_state_dict(best["modules"][PLAYER])
    elif average is not None:
        net.load_state_dict(average.module.state_dict())
    told = ("round", "images", "clean", "robust")
    seen = [{key: record[key] for key in told} for record in files.history("evaluate")]
    return net.eval(), {
        "seconds": files.seconds,
        "best": {} if best is None else dict(best["figures"]),
        "history": seen,
    }


def look(net: nn.Module, held: Dataset, threat: Threat, seed: int, device: torch.device) -> dict[str, float]:
    """Return clean accuracy on all held-out samples, and robust accuracy on some; the net is left as found."""
    before = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        right = 0
        with frozen(net), torch.no_grad():
            for rows in torch.split(torch.arange(len(held)), 500):
                x, y = held.take(rows)
                right += int((net(x.to(device)).argmax(1).cpu() == y).sum())
        x, y = held.take(held.subset(LOOKED, seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SparringWarning)  # the audit says at the end what there is to say
            found = attack(net, x.to(device), y.to(device), LOOK, threat, seed=seed)
        return {"clean": right / len(held), "robust": found.robust_accuracy}
    finally:
        for module, training in before:
            module.training = training


def _groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the weights in two groups: biases and norms are not decayed."""
    decayed = [p for p in net.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in net.parameters() if p.requires_grad and p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
