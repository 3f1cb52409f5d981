"""Two halves of a data set: one to choose by, one to report on."""

from __future__ import annotations

from typing import NamedTuple

import torch

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError


class Halves(NamedTuple):
    """Disjoint halves: checkpoints, rates and everything else are chosen by `select`, figures are told of `report`."""

    select: Dataset
    report: Dataset


def halves(data: Dataset, seed: int = 0) -> Halves:
    """Cut a data set in two at random, for whoever both chooses and reports (G40).

    The best of many checkpoints on some images looks better on these than it is; on others it does not. The halves are
    disjoint, differ by one sample at most, and are the same for the same data and seed wherever they are cut.

    Raises: InputError for fewer than 2 samples.

    >>> select, report = halves(Dataset(torch.arange(10, dtype=torch.uint8)[:, None]))
    >>> sorted(select.pixels[:, 0].tolist() + report.pixels[:, 0].tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if len(data) < 2:
        raise InputError(f"expected at least 2 samples to cut {data.name} in halves, got {len(data)}")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(child_seed(seed, "halves")))
    select, report = (
        data.part(rows.sort().values, f"{data.name}, {name} half")
        for rows, name in zip(order.tensor_split(2), ("select", "report"), strict=True)
    )
    return Halves(select, report)
