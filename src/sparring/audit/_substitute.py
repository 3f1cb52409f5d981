"""A small classifier trained on what a victim says, to see whether attacks on it carry over."""

from __future__ import annotations

import torch
from torch import nn

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.models import Trainable, fit
from sparring.registry import parse_as
from sparring.victims.base import Victim

SAMPLES = 1500
"""Images that the victim is asked about."""
LARGEST = 4096
"""Values of an input beyond which no substitute is trained: it would take longer than the audit."""


def substitute(victim: Victim, data: Dataset, classes: int, seed: int) -> nn.Module | None:
    """Train a small net on the victim's own labels; None where inputs are too large for it to be cheap.

    Cost: at most 1,500 queries, and three epochs of a small net. Source: Papernot et al. 2017, arXiv 1602.02697,
    without the augmentation by Jacobians.
    """
    shape = data.shape
    size = torch.tensor(shape).prod()
    if int(size) > LARGEST:
        return None
    indices = data.subset(min(SAMPLES, len(data)), child_seed(seed, "substitute") % 2**31)
    x = data.images(indices)
    with victim.frozen():
        says = torch.cat([victim.answer(part).argmax(1) for part in torch.split(x, 250)])
    if bool((says == says[0]).all()):
        return None
    net = parse_as(Trainable, "cnn" if len(shape) == 3 and min(shape[1:]) >= 8 else "mlp").build(shape, classes, seed=0)
    with torch.inference_mode(False):
        fit(net, Dataset(x, says), epochs=3, seed=0, lr=3e-3)
    return net
