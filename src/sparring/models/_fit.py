"""Plain training, to have something to attack: one visible loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.frozen import frozen
from sparring.data import Dataset
from sparring.errors import InputError

Record = dict[str, Any]


def fit(
    module: nn.Module,
    dataset: Dataset,
    *,
    epochs: int = 12,
    seed: int = 0,
    lr: float = 1e-2,
    batch_size: int = 64,
    weight_decay: float = 1e-2,
    device: str | torch.device = "cpu",
    soft: Tensor | None = None,
    progress: Callable[[Record], None] | None = None,
) -> list[Record]:
    """Train a classifier in place by cross-entropy, for whoever needs one to attack.

    AdamW under the one-cycle schedule, whose peak rate is `lr`. The seed decides the order of the samples
    and any dropout: the same seed on the same machine gives the same weights. Torch's global generator is
    left as found. The net ends in eval mode. The data lie on the device in one piece, as they were stored.
    `soft` (n, k) holds probabilities to learn in place of the labels, one row a sample of the data set.

    Returns one record an epoch: epoch (from 1), loss and accuracy (of the batches as they were trained on),
    seconds; `progress` is handed each when it is made.

    Raises: InputError when labels are missing or exceed the model's classes, or the loss is not finite.
    Cost: epochs × n forward and backward passes.
    Source: Loshchilov and Hutter 2019, arXiv 1711.05101 (AdamW); Smith and Topin 2019, arXiv 1708.07120.
    Differs: nothing.
    """
    if epochs < 1 or batch_size < 1 or not lr > 0:
        raise InputError(f"expected epochs and batch_size ≥ 1 and lr > 0, got {epochs}, {batch_size} and {lr}")
    dataset.take([0])  # says so when there are no labels
    assert dataset.labels is not None
    pixels, labels = dataset.pixels.to(device), dataset.labels.to(device)
    goals = labels if soft is None else soft.to(device)
    module.to(device).train()
    batches = -(-len(dataset) // batch_size)
    optimizer = torch.optim.AdamW(module.parameters(), lr=lr, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * batches)
    order = torch.Generator().manual_seed(seed)
    records: list[Record] = []
    with torch.random.fork_rng(devices=[device] if torch.device(device).type == "cuda" else []):
        torch.manual_seed(seed)
        for epoch in range(1, epochs + 1):
            start, total, right = time.perf_counter(), 0.0, 0
            # Batches differ by one sample at most: a last batch of one would break BatchNorm (G42).
            for index in torch.randperm(len(dataset), generator=order).tensor_split(batches):
                index = index.to(device)
                x, y = pixels[index], labels[index]
                x = x.to(torch.float32) / 255 if x.dtype == torch.uint8 else x
                logits = module(x)
                _check(logits, y)
                loss = F.cross_entropy(logits, goals[index])
                if not loss.isfinite():
                    raise InputError(f"expected a finite loss, got {loss.item()} in epoch {epoch}: lower lr ({lr:g})")
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
                total += loss.item() * len(y)
                right += int((logits.argmax(1) == y).sum())
            seconds = time.perf_counter() - start
            n = len(dataset)
            records.append({"epoch": epoch, "loss": total / n, "accuracy": right / n, "seconds": seconds})
            if progress:
                progress(records[-1])
    optimizer.zero_grad(set_to_none=True)
    module.eval()
    return records


@torch.no_grad()
def accuracy(module: nn.Module, dataset: Dataset, batch_size: int = 500) -> float:
    """Return the share of samples a model gets right, in eval mode; the model is left as found.

    Cost: n forward passes.

    >>> always_first = nn.Sequential(nn.Linear(1, 2))
    >>> _ = always_first[0].weight.data.zero_(), always_first[0].bias.data.copy_(torch.tensor([1.0, 0.0]))
    >>> accuracy(always_first, Dataset(torch.zeros(4, 1), torch.tensor([0, 0, 0, 1])))
    0.75
    """
    weight = next(module.parameters(), None)
    device = "cpu" if weight is None else weight.device
    right = 0
    with frozen(module):
        for start in range(0, len(dataset), batch_size):
            x, y = dataset.take(slice(start, start + batch_size))
            logits = module(x.to(device))
            _check(logits, y)
            right += int((logits.argmax(1).cpu() == y).sum())
    return right / len(dataset)


def _check(logits: torch.Tensor, labels: torch.Tensor) -> None:
    if logits.ndim != 2 or int(labels.max()) >= logits.shape[1]:
        raise InputError(
            f"expected logits of shape (n, k), k above the highest label {int(labels.max())}, got {tuple(logits.shape)}"
        )
