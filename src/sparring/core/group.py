"""Several processes at one piece of work, started by `torchrun`: who does which part, and when all wait for all."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

PATIENCE = datetime.timedelta(hours=24)
"""How long one process waits for another's part."""


@dataclass(frozen=True)
class Group:
    """One process of `size`; alone, it does everything and waits for nobody."""

    rank: int = 0
    size: int = 1

    def mine(self, count: int) -> Iterator[int]:
        """Yield the parts of `count` that this process does: every `size`-th."""
        yield from range(self.rank, count, self.size)

    def part(self, values: Tensor) -> Tensor:
        """Return this process's share of the rows: neighbors, no two shares differing by more than one."""
        return values.tensor_split(self.size)[self.rank]

    def add(self, values: Tensor) -> None:
        """Add up a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(values)

    def gather(self, rows: Tensor) -> Tensor:
        """Return the rows of all processes, in the order of the processes; how many each has may differ."""
        if self.size == 1:
            return rows
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(counts, torch.tensor([len(rows)]))
        most = max(int(count) for count in counts)
        padded = torch.cat([rows, rows.new_zeros(most - len(rows), *rows.shape[1:])])
        parts = [torch.empty_like(padded) for _ in range(self.size)]
        dist.all_gather(parts, padded)
        return torch.cat([part[: int(count)] for part, count in zip(parts, counts, strict=True)])

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            dist.barrier()

    def share(self, value: Any) -> Any:
        """Return the first process's value."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box)
        return box[0]


def one_process() -> Group:
    """Return the group of a process that is on its own, whatever started it."""
    return Group()


def this_group() -> Group:
    """Return this process's place, joining the others if `torchrun` started several."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or not dist.is_available():
        return Group()
    if not dist.is_initialized():
        dist.init_process_group("gloo", timeout=PATIENCE)
    return Group(dist.get_rank(), dist.get_world_size())
