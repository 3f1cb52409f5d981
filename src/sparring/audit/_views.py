"""Differentiable views of a model that may give better gradients than it does, and a trial of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.attacks._objectives import margin
from sparring.audit._protocols import EOT_DRAWS
from sparring.audit._slopes import Subject, shattered
from sparring.errors import InputError
from sparring.types import Classifier
from sparring.victims._reveal import Bridge, reveal
from sparring.victims.adapted import Adapted
from sparring.victims.base import Victim
from sparring.victims.torch import value_and_gradient
from sparring.victims.views import Averaged, Logarithm, Scaled, Smoothed, seeded

PLAIN = "as it is"
_REVEALED: dict[Bridge, str] = {
    "none": "gradients of the logits inside it, with slope one where it rounds or detaches",
    "lost": "gradients of the logits inside it, with slope one across steps that lose the gradient (BPDA)",
    "all": "gradients of the logits inside it, with slope one across all that is done to the image first (BPDA)",
}


def views(seen: Subject, judge: Classifier, facts: dict[str, Any]) -> Iterator[tuple[str, Victim]]:
    """Yield differentiable views of the model whose gradients differ, the plainest first."""
    for words, model in distinct(seen, models(seen, facts)):
        factor = _factor(seen, model)
        told = words if factor == 1 else f"{words}, logits scaled by {factor:.2g} against saturation"
        around: Callable[[Classifier], nn.Module] | None = None
        if facts["random"]:
            around = partial(Averaged, draws=seen.draws)
        scaled = model if factor == 1 else Scaled(model, factor)
        yield told, Adapted(seen.module, judge, scaled, around=around, fast=seen.fast)


def models(seen: Subject, facts: dict[str, Any]) -> Iterator[tuple[str, Classifier]]:
    """Yield classifiers that may give better gradients than the model, or are the model."""
    healthy = facts["differentiable"] and not facts["probabilities"]
    if healthy:
        yield PLAIN, seen.module
    for bridge, words in _REVEALED.items():
        view = reveal(seen.module, seen.x, seen.scores.shape[1], bridge)
        if view is not None:
            yield words, view
    if facts["differentiable"] and facts["probabilities"]:
        yield "the logarithm of its probabilities", Logarithm(seen.module)
    if healthy and not facts["random"]:
        sigma = seen.threat.radius / 4 if seen.threat.name() == "linf" else 0.02
        if shattered(facts):
            yield f"smoothed over {EOT_DRAWS} noisy copies", Smoothed(seen.module, EOT_DRAWS, sigma)


def distinct(seen: Subject, models: Iterator[tuple[str, Classifier]]) -> Iterator[tuple[str, Classifier]]:
    """Yield the models that have a gradient, each direction of it once."""
    known: list[Tensor] = []
    x, y = seen.x[:8], seen.y[:8]
    for words, model in models:
        try:
            with seeded(1):
                _, _, slope = value_and_gradient(model, x, lambda out: margin(seen.shown(out, y), y, None))
        except Exception:  # whatever a user's model does that cannot be differentiated
            continue
        flat = torch.nn.functional.normalize(slope.double().flatten(1), dim=1)
        if bool(torch.isfinite(flat).all()) and all(float((flat * old).sum(1).mean()) < 0.99 for old in known):
            known.append(flat)
            yield words, model


def _factor(seen: Subject, model: Classifier) -> float:
    """Return what logits are multiplied by so that their typical margin is at most 20, where float32 still tells."""
    try:
        with torch.no_grad():
            best = model(seen.x).topk(2, dim=1).values
    except Exception:  # the trial will say so
        return 1.0
    lead = float((best[:, 0] - best[:, 1]).median())
    return 1.0 if lead <= 40 else float(f"{20 / lead:.1g}")


def trial(seen: Subject, victim: Victim) -> int:
    """Return how many samples a short attack breaks through a view, at ε and at 4 ε; -1 where it fails to run."""
    x, y = seen.x[seen.right], seen.y[seen.right]
    method = "pgd(steps=10, loss='margin')" if seen.threat.name() == "l0" else "apgd(steps=10, loss='margin')"
    broken = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of flat gradients: that is what is being found out
            for times in (1, 4):
                wider = replace(seen.threat, eps=seen.threat.radius * times)
                broken += int(attack(victim, x, y, method, wider, allow_probabilities=True).success.sum())
    except (InputError, RuntimeError):
        return -1
    return broken
