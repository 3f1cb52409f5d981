"""How good a model's gradients are: there, finite, not zero, and true a small step away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks._objectives import ce, folded, margin
from sparring.threats import Threat
from sparring.types import Classifier, Images, Labels, Logits
from sparring.victims.base import Access
from sparring.victims.black_box import BlackBox
from sparring.victims.torch import TorchVictim, value_and_gradient
from sparring.victims.views import seeded

SMALL = 1 / 50
"""Share of ε at which a slope is held against what the loss does."""


@dataclass(frozen=True)
class Subject:
    """A model on the table: who says what counts, the samples it is looked at with, its scores (n, k) for them."""

    module: nn.Module
    plain: TorchVictim
    box: BlackBox
    judge: Classifier
    x: Images
    y: Labels
    scores: Logits
    threat: Threat
    fast: bool
    draws: int

    @property
    def right(self) -> Tensor:
        """Return the rows that the model gets right."""
        return (self.scores.argmax(1) == self.y).nonzero()[:, 0]

    def shown(self, logits: Logits, labels: Labels) -> Logits:
        """Return logits as attacks see them: a refusal counts for the label (T42)."""
        return folded(logits, labels) if self.plain.rejects else logits


def slopes(seen: Subject, model: Classifier) -> dict[str, Any]:
    """Return how good the gradients of a classifier are: there, finite, not zero, and true a small step away."""
    x, y, threat = seen.x[seen.right], seen.y[seen.right], seen.threat
    if len(x) == 0:
        return {"differentiable": True}
    try:
        with seeded(1):
            _, values, slope = value_and_gradient(model, x, lambda out: margin(seen.shown(out, y), y, None))
            _, losses, steep = value_and_gradient(model, x, lambda out: ce(seen.shown(out, y), y, None))
    except Exception:  # whatever a user's model does that cannot be differentiated
        return {"differentiable": False}
    size = slope.flatten(1).abs().amax(1)
    usable = torch.isfinite(size) & (size > 0)
    facts = {
        "differentiable": True,
        "zero_gradients": float((~usable).double().mean()),
        "saturated_losses": float(((losses == 0) | (steep.flatten(1).abs().amax(1) == 0)).double().mean()),
    }
    near = replace(threat, eps=threat.radius * SMALL) if threat.name() != "l0" else None
    if near is not None and bool(usable.any()):
        z = near.extreme(x, torch.where(torch.isfinite(slope), slope, 0))
        with seeded(1), torch.no_grad():
            rise = (margin(seen.shown(model(z), y), y, None) - values).double()
        promised = ((z - x).double() * slope.double()).flatten(1).sum(1)
        ratio = (rise / promised.clamp_min(1e-30))[usable]
        facts["slope_kept"] = float(ratio.median())
    return facts


def wrong(facts: dict[str, Any], access: Access) -> Iterator[str]:
    """Yield what slopes say against the model as it is."""
    if access == "scores" and not facts["differentiable"]:
        yield "it is not differentiable from logits to pixels (T33)"
    if facts.get("zero_gradients", 0) > 0.05:
        yield f"the gradient is zero or not finite on {facts['zero_gradients']:.0%} of samples (T33)"
    elif facts.get("saturated_losses", 0) > 0.25:  # a few are nothing: an honest net is very sure of some
        yield f"the cross-entropy is saturated in float32 on {facts['saturated_losses']:.0%} of samples (T4)"
    if shattered(facts):
        yield (
            f"the gradient is shattered: {SMALL:.0%} of ε away the loss has risen {facts['slope_kept']:.2f} times what "
            "it promises"
        )


def shattered(facts: dict[str, Any]) -> bool:
    """Say whether the gradient does not tell what the loss does a small step away."""
    return not facts["random"] and not 0.5 < facts.get("slope_kept", 1.0) < 2
