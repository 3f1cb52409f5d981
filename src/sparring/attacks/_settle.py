"""The last word: what a fast twin found is looked at by the user's own model before it is reported (T20, T47)."""

from __future__ import annotations

import torch

from sparring.attacks._search import Search
from sparring.types import Classifier, Mask

PUSHES = (0.0, 1e-4, 1e-3, 1e-2)
"""How far, in parts of its length, a change is drawn out when rounding put it back across the boundary."""


def settle(search: Search, model: Classifier) -> Mask:
    """Confirm on the user's model what the search could not decide alone; return samples that need a repair.

    Bounded: the strongest image of every sample gets one look, which may win a sample or a stronger image.
    Minimal: every success is looked at; where rounding put it back across the boundary, it is pushed on along its
    own line. To be repaired, that is attacked again on the model itself, are samples whose claims did not hold.
    """
    if search.minimal:
        return _settle_minimal(search, model) if search.on_twin else torch.zeros_like(search.success)
    search.reset_outside()
    if search.on_twin or not search.early_stop:
        undecided = ~search.success if search.early_stop else torch.ones_like(search.success)
        search.confirm(model, undecided & torch.isfinite(search.margin), search.strongest)
    return search.refuted & ~search.success


def _settle_minimal(search: Search, model: Classifier) -> Mask:
    claimed, found = search.success.clone(), search.images.clone()
    search.success = torch.zeros_like(claimed)  # every success is taken back
    search.images, search.distance = search.x.clone(), torch.full_like(search.distance, torch.inf)
    for push in PUSHES:
        waiting = claimed & ~search.success
        pushed = search.threat.clip(search.x, search.x + (1 + push) * (found - search.x)) if push else found
        search.confirm(model, waiting, pushed)
    return claimed & ~search.success
