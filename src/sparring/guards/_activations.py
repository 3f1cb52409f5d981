"""The late activations of any torch classifier, found by watching a pass, be they modules or plain functions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from sparring.errors import InputError
from sparring.types import Images, Logits

KINDS = {
    "relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus",
    "hardtanh", "hardswish", "hardsigmoid", "threshold", "tanh", "sigmoid", "clamp_min",
}  # fmt: skip
"""Operations that count as an activation, whether they write in place or not."""
WIDEST = 256
"""Values that one activation is pooled to, at the most."""


class _Watch(TorchFunctionMode):
    """Counts the activations of one forward pass, and keeps those that are wanted by their place in it, pooled."""

    def __init__(self, wanted: Collection[int] = ()) -> None:
        super().__init__()
        self.wanted = wanted
        self.count: int = 0
        self.kept: list[Tensor] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one operation as it is, and look at what came out."""
        out = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "").rstrip("_") in KINDS and isinstance(out, Tensor) and out.ndim > 1:
            if self.count in self.wanted:
                self.kept.append(pooled(out))  # at once: what follows may write into it
            self.count += 1
        return out


def pooled(out: Tensor) -> Tensor:
    """Return an activation as (n, d), d ≤ 256: maps by their mean over places, tokens by their mean over tokens."""
    if out.ndim > 3:
        out = out.flatten(2).mean(2)
    elif out.ndim == 3:
        out = out.mean(1)
    return out if out.shape[1] <= WIDEST else F.adaptive_avg_pool1d(out[:, None], WIDEST)[:, 0]


def count_activations(net: nn.Module, x: Images) -> int:
    """Return how many activations one pass makes.

    Raises: InputError where there is none.
    """
    with _Watch() as seen, torch.no_grad():
        net(x)
    if not seen.count:
        raise InputError(
            f"expected a classifier with activations such as ReLU, got none in {type(net).__name__}: there is nothing "
            "to read a code from"
        )
    return int(seen.count)


def look(net: nn.Module, x: Images, wanted: Collection[int]) -> tuple[Logits, Tensor]:
    """Return logits (n, k) and the wanted activations (n, d) side by side; 1 forward."""
    with _Watch(wanted) as seen:
        logits: Tensor = net(x)
    return logits, torch.cat(seen.kept, 1)


def leads(logits: Logits) -> Tensor:
    """Return by how much the first logit leads the second and third, and log Σ exp z: (n, 3), or (n, 2) if k = 2."""
    first = logits.topk(min(3, logits.shape[1]), dim=1).values
    return torch.cat([first[:, :1] - first[:, 1:], logits.logsumexp(1, keepdim=True)], 1)
