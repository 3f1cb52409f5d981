"""Figures that others would have printed: one attack, run once, on the model as it is."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sparring.attacks import attack
from sparring.attacks._objectives import ce
from sparring.data import Dataset
from sparring.harden._train import LOOKED
from sparring.threats import Threat
from sparring.types import Images, Labels
from sparring.victims.torch import value_and_gradient

STEP = "fgsm"
ATTACKS = (STEP, "pgd(steps=20)")
"""One step, and twenty on cross-entropy: what papers on defenses report."""


def careless(net: nn.Module, data: Dataset, threat: Threat, n: int, seed: int) -> dict[str, float]:
    """Return what each attack alone leaves standing of the samples that the audit is on.

    Cost: at most 44 passes a sample.
    """
    x, y = data.take(data.subset(n, seed))
    kept = {}
    for text in ATTACKS:
        if threat.name() == "l0" and text == STEP:
            continue
        found = attack(net, x, y, text, threat, seed=seed, allow_probabilities=True)
        kept[text] = found.robust_accuracy
    return kept


def one_step(net: nn.Module, held: Dataset, threat: Threat, seed: int) -> dict[str, Any]:
    """Return held-out accuracy, clean and on images one step away: the second must not be the higher (T7).

    A net can learn to read its label off the perturbation when one step with true labels is all it is trained on. The
    stepped images are judged as they are, success or not, since `robust_accuracy` counts an image that was wrong
    before as lost.
    """
    x, y = held.take(held.subset(LOOKED, seed))
    ahead = _ahead(net, threat, x, y)
    with torch.no_grad():
        clean, stepped = (float((net(z).argmax(1) == y).double().mean()) for z in (x, ahead))
    return {"clean": clean, "stepped": stepped, "leaks": stepped > clean}


def _ahead(net: nn.Module, threat: Threat, x: Images, y: Labels) -> Images:
    """Return every image after one step of length ε up its loss."""
    _, _, slope = value_and_gradient(net, x, lambda logits: ce(logits, y, None))
    return threat.extreme(x, slope)
