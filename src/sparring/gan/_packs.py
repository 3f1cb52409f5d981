"""Packs: m samples side by side as one, and batches, shapes and shares of processes in packs."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from sparring.core.group import Group
from sparring.errors import InputError
from sparring.games.base import Batch


def pack(x: Tensor, m: int) -> Tensor:
    """Return packs (n / m, m c, ...) of samples (n, c, ...): neighbors, one's channels behind the other's.

    >>> import torch
    >>> pack(torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]]), 2).tolist()
    [[1, 2, 3, 4], [5, 6, 7, 8]]
    """
    return x.reshape(len(x) // m, m * x.shape[1], *x.shape[2:])


def unpack(x: Tensor, m: int) -> Tensor:
    """Return the samples (n m, c / m, ...) of packs (n, c, ...).

    >>> import torch
    >>> unpack(torch.tensor([[1, 2, 3, 4]]), 2).tolist()
    [[1, 2], [3, 4]]
    """
    return x.reshape(len(x) * m, x.shape[1] // m, *x.shape[2:])


def packed_shape(shape: tuple[int, ...], m: int) -> tuple[int, ...]:
    """Return the shape of a pack.

    >>> packed_shape((3, 28, 28), 2), packed_shape((2,), 3)
    ((6, 28, 28), (6,))
    """
    return (m * shape[0], *shape[1:])


def whole_packs(batch: Batch, m: int, group: Group) -> Batch:
    """Return a batch without the last samples, fewer than m, that fill no pack; its weight is this process's of packs.

    Batches of an epoch differ by one sample, and each epoch has another order: nothing is left out always.

    Raises: InputError when there is not one pack in it.
    """
    n, whole = len(batch.x), round(len(batch.x) / batch.weight)
    parts = [len(part) for part in torch.empty(whole).tensor_split(group.size)]  # as the feed shares a batch out
    if min(parts) < m:
        raise InputError(f"expected at least {m} samples in each process's batch for packing(m={m}), got {min(parts)}")
    kept, weight = n - n % m, (n // m) / sum(each // m for each in parts)
    return dataclasses.replace(
        batch, x=batch.x[:kept], y=None if batch.y is None else batch.y[:kept], index=batch.index[:kept], weight=weight
    )


def in_packs(batch: Batch, m: int) -> Batch:
    """Return a batch of whole packs as one whose samples are packs; each has the random numbers of its first sample."""
    return dataclasses.replace(batch, x=pack(batch.x, m), y=None, index=batch.index[::m])
