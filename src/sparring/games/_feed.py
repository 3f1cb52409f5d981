"""Batches of a data set, in an order that the seed decides: which batch comes is a function of its number alone."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.group import Group, one_process
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games.base import Batch
from sparring.types import Images


class Feed:
    """The data of a training, on the device in one piece, as stored; each epoch has an order of its own.

    Nothing is consumed: batch number i is the same before and after an interruption. Batches of an epoch differ by one
    sample at most, so there is no short last one (G42). `extra` are images without labels, of which as many come with
    every batch. Each of several processes gets its part of every batch.
    """

    def __init__(
        self,
        data: Dataset,
        batch_size: int,
        seed: int,
        *,
        extra: Dataset | None = None,
        group: Group | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.group = group or one_process()
        if batch_size < self.group.size:
            raise InputError(f"expected batch_size of at least {self.group.size} processes, got {batch_size}")
        self.seed, self.size = seed, min(batch_size, len(data))
        self.pixels = data.pixels.to(device)
        self.labels = None if data.labels is None else data.labels.to(device)
        self.extra = None if extra is None else extra.pixels.to(device)
        self.epoch = max(1, round(len(data) / self.size))
        self._orders: dict[str, tuple[int, tuple[Tensor, ...]]] = {}

    def batch(self, number: int, *, round_: int, share: float = 0.0, replay: int = 0) -> Batch:
        """Return this process's part of batch `number`, for a round and its share of the training."""
        whole = self._rows("labeled", len(self.pixels), number, self.epoch)
        index = self.group.part(whole).to(self.pixels.device)
        extra = None
        if self.extra is not None:
            parts = max(1, round(len(self.extra) / self.size))
            rows = self._rows("extra", len(self.extra), number, parts)
            extra = _images(self.extra, self.group.part(rows).to(self.pixels.device))
        return Batch(
            _images(self.pixels, index), None if self.labels is None else self.labels[index], index,
            child_seed(self.seed, f"round {round_}"), share, extra, replay, len(index) / len(whole),
        )  # fmt: skip

    def count(self, number: int) -> int:
        """Return how many samples a batch has, over all processes."""
        return len(self._rows("labeled", len(self.pixels), number, self.epoch))

    def _rows(self, name: str, count: int, number: int, parts: int) -> Tensor:
        """Return the samples of a batch; the order of the running epoch is kept until the next begins."""
        epoch = number // parts
        if name not in self._orders or self._orders[name][0] != epoch:
            generator = torch.Generator().manual_seed(child_seed(self.seed, f"{name} epoch {epoch}"))
            self._orders[name] = epoch, torch.randperm(count, generator=generator).tensor_split(parts)
        return self._orders[name][1][number % parts]


def _images(pixels: Tensor, index: Tensor) -> Images:
    chosen = pixels[index]
    return chosen.to(torch.float32) / 255 if chosen.dtype == torch.uint8 else chosen
