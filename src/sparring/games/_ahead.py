"""A player's loss as it will be after steps of another, as a function of the player's own weights now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sparring.core.group import Group
from sparring.errors import InputError
from sparring.games._steps import Steps
from sparring.games._table import Table
from sparring.games.base import Turn


def loss_ahead(table: Table, first: Turn, turn: Turn, steps: int, memory: dict[str, Tensor]) -> Tensor:
    """Return the loss of `turn` where the player of `first` has taken so many steps by its own optimizer.

    The steps are formulas on other tensors, which stand in the place of weights while losses are asked for. After them
    weights, running statistics, optimizer and the game's `memory` are as they were; what the loss of `turn` itself
    moves, but for the first player's, has moved. The graph leads through all steps, so the loss has a slope by way of
    what the first will do (G24).

    Raises: InputError when the first player's optimizer has no formula, or its loss does not see the tensors.

    Cost: of each step a gradient of the first player that can itself be differentiated; memory for all of them.
    """
    stage = _Stage([player.module for player in table.players.values()])
    names = {id(parameter): name for name, parameter in stage.named_parameters()}
    own = table.parameters(first.player)
    keys = [names.get(id(parameter), "") for parameter in own]
    weights = [parameter.detach().requires_grad_() for parameter in own]
    buffers = {name: value.clone() for name, value in stage.named_buffers()}
    step, kept = Steps(table.players[first.player].optimizer), dict(memory)
    for _ in range(steps):
        loss = stage.ask(first, keys, weights, buffers)
        weights = step(weights, _slopes(loss.float(), weights, first, table.group))
    memory.clear()
    memory.update(kept)
    mine = f"players.{list(table.players).index(first.player)}."
    return stage.ask(turn, keys, weights, {name: each for name, each in buffers.items() if name.startswith(mine)})


def _slopes(loss: Tensor, weights: list[Tensor], turn: Turn, group: Group) -> list[Tensor | None]:
    """Return the gradient of the whole batch's loss, with a graph."""
    found: list[Tensor | None] = [None] * len(weights)
    if loss.requires_grad:
        found = list(torch.autograd.grad(loss, weights, create_graph=True, allow_unused=True))
    slopes = [slope for slope in found if slope is not None]
    if not slopes:
        raise InputError(
            f"expected a loss of {turn.player} that takes weights from its module whenever it is asked for, got one "
            "that does not change with them"
        )
    if group.size == 1:
        return found
    flat = _Sum.apply(torch.cat([slope.flatten() for slope in slopes]), group, turn.weight)  # type: ignore[no-untyped-call]
    parts = iter(torch.split(flat, [slope.numel() for slope in slopes]))
    return [None if slope is None else next(parts).view_as(slope) for slope in found]


class _Stage(nn.Module):
    """All players in one module, so that tensors can stand in the place of any weights while a loss is asked for."""

    def __init__(self, players: list[nn.Module]) -> None:
        super().__init__()
        self.players = nn.ModuleList(players)

    def forward(self, loss: Callable[[], Tensor]) -> Tensor:
        """Return the loss."""
        return loss()

    def ask(self, turn: Turn, keys: list[str], weights: list[Tensor], buffers: dict[str, Tensor]) -> Tensor:
        """Return the loss of a turn with these in the place of weights and buffers; no name, no place."""
        others = {key: weight for key, weight in zip(keys, weights, strict=True) if key}
        found: Tensor = functional_call(self, {**buffers, **others}, (turn.whole or turn.loss,))
        return found


class _Sum(torch.autograd.Function):
    """The sum over all processes, weighed by the size of their parts; and of what comes back, the same.

    Each process's loss has a slope by way of the sum, and all of these, weighed, make that of the whole batch. What
    they come to goes back to each process's part as it is: the table weighs that when it adds up the player's gradient.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, group: Group, weight: float) -> Tensor:
        ctx.group, ctx.weight = group, weight
        total = values * weight
        group.add(total)
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        total = slopes[0] * ctx.weight
        ctx.group.add(total)
        return total, None, None
