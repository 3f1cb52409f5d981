"""What a penalty or a trick is told of the turn it is in: the batch, whose turn it is, and random numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from torch import Tensor

from sparring.core.group import Group, one_process
from sparring.core.seeds import Streams, child_seed, index_keys
from sparring.games.base import Batch

Side: TypeAlias = Literal["real", "fake"]
"""Which images the discriminator is looking at."""


@dataclass(frozen=True, eq=False)
class Moment:
    """One turn.

    Fields: `batch`; `player`, whose turn it is; `group`, the processes that share the batch; `memory`, what the game
    carries from round to round; `figures`, which are written down; `whole`, whether what another player alone decides
    has its graph too, for rules that look through another's steps.
    """

    batch: Batch
    player: str
    group: Group = field(default_factory=one_process)
    memory: dict[str, Tensor] = field(default_factory=dict)
    figures: dict[str, Tensor] = field(default_factory=dict)
    whole: bool = False

    def streams(self, name: str) -> Streams:
        """Return one stream of random numbers a sample: the same whatever the number of processes (G10, G26)."""
        return Streams(index_keys(self.batch.index, child_seed(self.batch.seed, f"{self.player}/{name}")))

    def mean(self, rows: Tensor) -> Tensor:
        """Return the mean over the rows of the whole batch, those of all processes, without a graph."""
        local = rows.detach().mean(0)
        if self.group.size > 1:
            local = local * self.batch.weight
            self.group.add(local)
        return local


def standard_deviation(rows: Tensor, moment: Moment) -> Tensor:
    """Return the standard deviation () of all numbers of the whole batch.

    >>> import torch
    >>> batch = Batch(torch.tensor([[0.0], [2.0]]), None, torch.arange(2), 0)
    >>> standard_deviation(batch.x, Moment(batch, "discriminator")).item()
    1.0
    """
    flat = rows.detach().flatten(1).double()
    mean = moment.mean(flat).mean()
    return moment.mean((flat - mean) ** 2).mean().sqrt().to(rows.dtype)
