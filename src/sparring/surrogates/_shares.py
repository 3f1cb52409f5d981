"""Shares with their denominators and intervals: of all, and of those that count (T45, T50)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sparring.audit.statistics import wilson
from sparring.types import Classifier, Images, Labels, Mask
from sparring.victims.torch import logits_of

PART = 250
"""Images an answer."""


def share(hits: Mask, among: Mask) -> dict[str, Any]:
    """Return how many of the samples `among` (n,) are `hits` (n,): count, of, share and Wilson's interval.

    A share of no samples is None, and so is its interval.

    >>> share(torch.tensor([True, True, False]), torch.tensor([True, False, True]))["share"]
    0.5
    """
    count, of = int((hits & among).sum()), int(among.sum())
    if of == 0:
        return {"count": 0, "of": 0, "share": None, "interval": None}
    return {"count": count, "of": of, "share": count / of, "interval": list(wilson(count, of))}


def everything(samples: Tensor) -> Mask:
    """Return a mask of as many samples, all of them in."""
    return torch.ones(len(samples), dtype=torch.bool)


def says(answer: Classifier, x: Images) -> Labels:
    """Return the labels (n,) that a model, or the answer of a victim, gives; 1 forward."""
    return torch.cat([logits_of(answer, part).argmax(1) for part in torch.split(x, PART)])
