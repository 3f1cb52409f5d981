"""Use a model without leaving a mark on it: modes, gradients, flags and random state end as they began."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from sparring.errors import SparringWarning
from sparring.types import Classifier


@contextmanager
def frozen(model: Classifier) -> Iterator[None]:
    """Put a model in eval mode with no weight asking for gradients, and put everything back at the end.

    Every module's own `training` flag is restored, not just the root's (T28); `requires_grad` and `grad` of
    every parameter are as before (T29); the global generators of torch are forked (T30). A plain callable has
    no state that could be seen, so only the generators are guarded.

    Warns: SparringWarning when BatchNorm or dropout was active, since the figure is for eval mode (T27).
    """
    if not isinstance(model, nn.Module):
        with torch.random.fork_rng():
            yield
        return
    modes = [(module, module.training) for module in model.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    active = [type(module).__name__ for module, training in modes if training and _depends_on_mode(module)]
    if active:
        warnings.warn(
            f"expected a model in eval mode, got {len(active)} active layers such as {active[0]}: "
            "the figure is for model.eval(), and the modes are put back afterwards",
            SparringWarning,
            stacklevel=3,
        )
    try:
        model.eval()
        for parameter, _ in flags:
            parameter.requires_grad_(False)
        with torch.random.fork_rng():
            yield
    finally:
        for module, training in modes:
            module.training = training
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


def _depends_on_mode(module: nn.Module) -> bool:
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.RReLU)
    return isinstance(module, kinds)
