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
    every parameter are as before (T29); the global generators of torch are forked (T30). A method of a module, such
    as `net.forward`, counts as that module; any other callable has no state that could be seen, so only the
    generators are guarded.

    Warns: SparringWarning when BatchNorm or dropout was active, since the figure is for eval mode, and when a
    BatchNorm keeps no statistics, since its answers then depend on the company of an image (T27, T35).
    """
    owner = model if isinstance(model, nn.Module) else getattr(model, "__self__", None)
    modules = list(owner.modules()) if isinstance(owner, nn.Module) else []
    modes = [(module, module.training) for module in modules]
    flags = [(parameter, parameter.requires_grad) for module in modules for parameter in module.parameters(False)]
    _warn(modes)
    try:
        if isinstance(owner, nn.Module):
            owner.eval()
        for parameter, _ in flags:
            parameter.requires_grad_(False)
        with torch.random.fork_rng():
            yield
    finally:
        for module, training in modes:
            module.training = training
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


@contextmanager
def quiet_norms(model: object) -> Iterator[None]:
    """Let batch norms use the statistics of the batch, and keep their running ones as they are."""
    kind = nn.modules.batchnorm._BatchNorm
    norms = [m for m in getattr(model, "modules", tuple)() if isinstance(m, kind)]
    before = [norm.track_running_stats for norm in norms]
    try:
        for norm in norms:
            norm.track_running_stats = False  # in training mode it neither reads nor writes them, nor counts
        yield
    finally:
        for norm, tracks in zip(norms, before, strict=True):
            norm.track_running_stats = tracks


def _warn(modes: list[tuple[nn.Module, bool]]) -> None:
    active = [type(module).__name__ for module, training in modes if training and _depends_on_mode(module)]
    if active:
        warnings.warn(
            f"expected a model in eval mode, got {len(active)} active layers such as {active[0]}: "
            "the figure is for model.eval(), and the modes are put back afterwards",
            SparringWarning,
            stacklevel=5,
        )
    mixing = [type(module).__name__ for module, _ in modes if _mixes_samples(module)]
    if mixing:
        warnings.warn(
            f"expected batch norms with running statistics, got {len(mixing)} without, such as {mixing[0]}: "
            "the model's answer to an image depends on the others in its batch, and so does the figure",
            SparringWarning,
            stacklevel=5,
        )


def _depends_on_mode(module: nn.Module) -> bool:
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.RReLU)
    return isinstance(module, kinds)


def _mixes_samples(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is None
