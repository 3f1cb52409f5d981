"""How linear a real network is along the attack (C2): the tangent against the truth."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks._objectives import margin
from sparring.attacks._run import default_batch_size
from sparring.audit._audit import align_names
from sparring.core.checks import check_labels, check_logits
from sparring.data import Dataset, load_data
from sparring.errors import InputError, SparringWarning
from sparring.models import LoadedModel, align, load_model
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.victims.torch import TorchVictim, logits_of, value_and_gradient

STEPS = 21
"""Points along the attack direction, from 0 to twice ε."""
LINES = 4
"""Classes whose logits are drawn."""


def explain_model(
    model: str | nn.Module | LoadedModel,
    data: str | Dataset,
    threat: str | Threat,
    *,
    n: int = 200,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure how close a model's margin stays to its tangent on the way to the attack.

    For each sample, x' = argmax over the threat of ⟨∇m(x), x'⟩ with m = max_{j≠y} z_j − z_y, the margin an attacker
    raises. Along x + t (x' − x), t from 0 to 2 (ε to 2 ε, clipped to the box), compare m with its tangent
    m(x) + t ⟨∇m, x' − x⟩. At t = 1, `kept` is the share of the promised rise that comes true: 1 is linear.

    Returns: a dict for `explain_page` and `result.json`: `kept` (5, 50, 95 percentiles), `r_squared` of the tangent
    over all samples and points up to ε, `fooled_by_one_step`, gradient norms, and the logits of one sample against ε.

    Raises: InputError for bad input, in one line.

    Cost: 1 gradient and 21 forwards a sample.

    Source: Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572, sections 3 and 7 (Fig. 4). **Differs**: all samples are
    measured, not one shown; the direction is best for the margin in the threat's own norm.
    """
    dataset, limit = load_data(data), parse_as(Threat, threat)
    if not limit.bounded:
        raise InputError(f"expected a threat with a finite eps, got {limit}")
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    dataset = align(dataset, loaded.classes)
    victim = TorchVictim(loaded.module, fast=False)
    index = dataset.subset(n, seed)
    x, y = dataset.take(index)
    with victim.frozen():
        clean, slope, end, along = _walk(victim, x, y, limit)
    start = along[0]
    rise = (slope.double() * (end - x).double()).flatten(1).sum(1)
    share = torch.linspace(0, 2, STEPS, dtype=torch.float64)[:, None]
    tangent = start + share * rise
    upto = share[:, 0] <= 1
    spread = (along[upto] - start).square().sum().clamp_min(1e-300)  # what a model that never moved would miss
    r_squared = float(1 - (along[upto] - tangent[upto]).square().sum() / spread)
    at_eps = STEPS // 2
    kept = ((along[at_eps] - start) / rise.clamp_min(1e-12))[rise > 0]
    percentiles = {str(p): float(torch.quantile(kept, p / 100)) for p in (5, 50, 95)} if len(kept) else {}
    right = clean.argmax(1) == y
    fooled = float((along[at_eps][right] > 0).double().mean()) if bool(right.any()) else float("nan")
    names = [name.split(",")[0] for name in align_names(loaded, dataset, clean.shape[1])]
    flat = slope.flatten(1).double()
    norms = {"l1": float(flat.norm(1, dim=1).median()), "l2": float(flat.norm(2, dim=1).median())}
    norms["linf"] = float(flat.abs().amax(1).median())
    sample = int(right.nonzero()[0]) if bool(right.any()) else 0
    with victim.frozen():
        logits = _along_one(victim, x[sample : sample + 1], end[sample : sample + 1], limit)
    middle = percentiles.get("50", float("nan"))
    how = _shape(middle)
    return {
        "kind": "explain",
        "title": "How straight the way to a mistake is",
        "verdict": (
            f"On the way to the attack the model's margin is {how}: at ε, half of the {len(x)} samples get at least "
            f"{middle:.0%} of the rise that the slope at the image promises, and one straight step fools "
            f"{fooled:.0%} of those the model had right."
        ),
        "paragraphs": [
            "The margin is the highest wrong score minus the right one; above zero the model is wrong. "
            "Its slope at the "
            f"image says how fast a change can raise it. Over all samples and steps up to ε, the "
            f"straight line explains "
            f"{r_squared:.1%} of how the margin moves.",
        ],
        "figures": [
            {"label": "promise kept at ε", "value": f"{middle:.0%}", "note": "median over samples; 100 % is linear"},
            {"label": "explained by the tangent", "value": f"{r_squared:.1%}", "note": "R² up to ε"},
            {"label": "fooled by one step", "value": f"{fooled:.0%}", "note": "of samples that were right"},
        ],
        "charts": [
            {
                "title": f"Logits of one sample ({names[int(y[sample])]}) on the way",
                "x_title": f"distance in {limit.name()}, as a multiple of ε = {limit.radius:.4g}",
                "y_title": "logit",
                "caption": "Straight lines are what the linear explanation predicts.",
                "lines": [
                    {
                        "name": names[c],
                        "points": [[float(t), float(v)] for t, v in zip(share[:, 0], logits[:, c], strict=True)],
                    }
                    for c in _drawn(logits, int(y[sample]))
                ],
            },
            {
                "title": "Mean margin against its tangent",
                "x_title": "multiple of ε",
                "y_title": "margin",
                "caption": "",
                "lines": [
                    {
                        "name": name,
                        "points": [[float(t), float(v)] for t, v in zip(share[:, 0], line.mean(1), strict=True)],
                    }
                    for name, line in (("margin", along), ("tangent", tangent))
                ],
            },
        ],
        "tables": [
            {
                "title": "Slope of the margin at the images",
                "columns": ["norm of the gradient", "median"],
                "rows": [[name, f"{value:.4g}"] for name, value in norms.items()],
                "caption": "The L1 norm times ε is the rise promised to an Linf attacker, the L2 norm "
                "serves an L2 one.",
            }
        ],
        "kept": percentiles,
        "r_squared": r_squared,
        "fooled_by_one_step": fooled,
        "gradient_norms": norms,
        "n": len(x),
        "clean_accuracy": float(right.double().mean()),
        "threat": str(limit),
        "seed": seed,
        "spec": {
            "model": loaded.text,
            "model_checksum": loaded.checksum,
            "data": dataset.name,
            "data_checksum": dataset.checksum,
            "threat": str(limit),
            "n": len(x),
            "seed": seed,
        },
    }


def _shape(kept: float) -> str:
    """Return how the way looks, by the share of the promised rise that comes true."""
    if kept > 1.2:
        return "steeper than a straight line"
    if kept >= 0.8:
        return "nearly a straight line"
    return "bent, but uphill" if kept > 0.3 else "far from a straight line"


def _walk(victim: TorchVictim, x: Tensor, y: Tensor, threat: Threat) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return clean logits, the margin's gradient, the far end x', and the margins (STEPS, n) on the way and beyond."""
    clean, slopes, ends, margins = [], [], [], []
    for start in range(0, len(x), size := default_batch_size(x)):
        part, labels = x[start : start + size], y[start : start + size]
        logits = victim.answer(part)
        check_logits(logits, len(part))
        check_labels(labels, len(part), logits.shape[1])
        _, _, slope = value_and_gradient(victim.model, part, partial(margin, labels=labels, targets=None))
        if bool((slope == 0).flatten(1).all(1).any()):
            warnings.warn(
                "the gradient is exactly zero on some samples: nothing is linear there", SparringWarning, stacklevel=3
            )
        end = threat.extreme(part, slope)
        way = [
            margin(logits_of(victim.model, threat.clip(part, part + float(t) * (end - part))), labels, None).double()
            for t in torch.linspace(0, 2, STEPS)
        ]
        clean.append(logits)
        slopes.append(slope)
        ends.append(end)
        margins.append(torch.stack(way))
    return torch.cat(clean), torch.cat(slopes), torch.cat(ends), torch.cat(margins, 1)


def _along_one(victim: TorchVictim, x: Tensor, end: Tensor, threat: Threat) -> Tensor:
    steps = [threat.clip(x, x + float(t) * (end - x)) for t in torch.linspace(0, 2, STEPS)]
    return torch.cat([logits_of(victim.model, step) for step in steps]).double()


def _drawn(logits: Tensor, label: int) -> list[int]:
    """Return the label and the classes that come highest anywhere on the way."""
    others = logits.amax(0).argsort(descending=True).tolist()
    return [label, *[c for c in others if c != label][: LINES - 1]]
