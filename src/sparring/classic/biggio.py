"""Evasion by gradient descent on the discriminant function, drawn toward where harmless samples lie.

What happens: a malicious sample slides down the classifier's own score, as far as the budget allows. The score alone
may lead into emptiness, where a kernel machine knows nothing and its slope vanishes; the density term pulls the sample
to where real harmless ones are, which is called mimicry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from sparring.classic._discriminant import Discriminant, discriminant, squared_distances
from sparring.classic._knapsack import Floats
from sparring.errors import InputError
from sparring.threats.l1 import L1
from sparring.threats.l2 import L2


@dataclass(frozen=True, eq=False)
class GradientEvasion:
    """Where gradient descent ended for each sample.

    `x` (n, d) the changed samples; `score` (n,) the discriminant function there, `before` (n,) at the start;
    `objective` (n,) what was minimized; `distance` (n,) from the start, in the norm asked for.
    """

    x: Floats
    score: Floats
    before: Floats
    objective: Floats
    distance: Floats


def gradient_evasion(
    model: Any,
    x: Floats,
    d_max: float,
    *,
    harmless: Floats | None = None,
    density: float = 0.0,
    bandwidth: float | None = None,
    norm: Literal["l1", "l2"] = "l1",
    bounds: tuple[float, float] = (0.0, 1.0),
    steps: int = 100,
    step_size: float | None = None,
    start: Floats | None = None,
) -> GradientEvasion:
    """Slide malicious samples down a classifier's score inside a budget, for whoever asks how much change evades it.

    min F(x) = g(x) − (λ/n) Σ_i k((x − x_i) / h) such that d(x, x⁰) ≤ d_max and x in the box, over n harmless samples
    x_i, with k((x − x_i) / h) = exp(−‖x − x_i‖² / h).

    Args:
        model: a fitted SVC (linear, rbf, poly, sigmoid), MLPClassifier or linear classifier of two classes; its
            `classes_[1]` is malicious.
        x: (n, d), the malicious samples, inside `bounds`.
        d_max: the budget, in the norm asked for, > 0.
        harmless: (m, d), samples of the other class that the attacker knows; needed for density > 0.
        density: λ ≥ 0, the weight of mimicry.
        bandwidth: h > 0, in squared distance; by default the mean one between harmless samples.
        steps: descents tried.
        step_size: Euclidean length of the first step; by default d_max / 10 in L2, and in L1 the same share of what
            d_max is when spread evenly, d_max / √d.
        start: (n, d), where to begin if not at x, such as the end for a smaller budget.

    Returns: GradientEvasion, one row a sample; the objective never ends above where it began.

    Raises: InputError for another kind of model, or samples and numbers that do not fit.

    Cost: steps + 1 values and gradients of g a sample; of the density too, where λ > 0.

    Source: Biggio, Corona, Maiorca, Nelson, Šrndić, Laskov, Giacinto, Roli 2013, arXiv 1708.06131 (Eq. 2, Alg. 1).
    **Differs**: the step has a fixed length instead of one in proportion to the gradient, is halved where F did not
    fall and grown where it did; the projection is exact on ball ∩ box, sample by sample.

    >>> from sklearn.svm import SVC
    >>> model = SVC(kernel="linear").fit([[0.2, 0.5], [0.8, 0.5]], [0, 1])
    >>> gradient_evasion(model, np.array([[0.8, 0.5]]), 0.4).x.round(3).tolist()
    [[0.4, 0.5]]
    """
    g = discriminant(model)
    original = _check(x, d_max, harmless, density, bandwidth, bounds, steps)
    objective = g if harmless is None or density == 0 else _with_density(g, harmless, density, bandwidth)
    if norm not in ("l1", "l2"):
        raise InputError(f"expected the norm 'l1' or 'l2', got {norm!r}")
    threat = (L1 if norm == "l1" else L2)(float(d_max), bounds=bounds)
    anchor = torch.from_numpy(original)

    def project(z: Floats) -> Floats:
        return np.asarray(threat.project(anchor, torch.from_numpy(z)).numpy())

    here = project(np.asarray(start, dtype=np.float64)) if start is not None else original.copy()
    value, slope = objective(here)
    longest = d_max / 10 if norm == "l2" else max(d_max / 10, d_max / np.sqrt(original.shape[1]))
    length = np.full((len(here), 1), step_size if step_size is not None else longest)
    for _ in range(steps):
        steepness = np.linalg.norm(slope, axis=1, keepdims=True)
        there = project(here - length * slope / np.maximum(steepness, 1e-300))
        value_there, slope_there = objective(there)
        lower = value_there < value
        here, slope = np.where(lower[:, None], there, here), np.where(lower[:, None], slope_there, slope)
        value = np.where(lower, value_there, value)
        length = np.where(lower[:, None], 1.5 * length, length / 2)
    moved = here - original
    distance = np.abs(moved).sum(1) if norm == "l1" else np.linalg.norm(moved, axis=1)
    return GradientEvasion(here, g(here)[0], g(original)[0], value, distance)


def _with_density(g: Discriminant, harmless: Floats, weight: float, bandwidth: float | None) -> Discriminant:
    """Return F = g − (λ/n) Σ exp(−‖x − x_i‖² / h) and its gradient."""
    known = np.asarray(harmless, dtype=np.float64)
    if bandwidth is None:
        bandwidth = max(float(squared_distances(known, known).mean()), 1e-12)

    def objective(x: Floats) -> tuple[Floats, Floats]:
        value, slope = g(x)
        near = np.exp(-squared_distances(x, known) / bandwidth) * (weight / len(known))
        pull = (2 / bandwidth) * (x * near.sum(1)[:, None] - near @ known)
        return value - near.sum(1), slope + pull

    return objective


def _check(
    x: Floats,
    d_max: float,
    harmless: Floats | None,
    density: float,
    bandwidth: float | None,
    bounds: tuple[float, float],
    steps: int,
) -> Floats:
    original = np.asarray(x, dtype=np.float64)
    if original.ndim != 2 or not np.isfinite(original).all():
        raise InputError(f"expected finite samples (n, d), got shape {original.shape}")
    if original.size and (original.min() < bounds[0] or original.max() > bounds[1]):
        raise InputError(f"expected samples in {bounds}, got [{original.min():g}, {original.max():g}]: scale them")
    if not d_max > 0 or steps < 1 or (bandwidth is not None and not bandwidth > 0) or density < 0:
        raise InputError(
            "expected d_max > 0, steps >= 1, bandwidth > 0 and density >= 0, got "
            f"{d_max}, {steps}, {bandwidth}, {density}"
        )
    if density > 0 and (harmless is None or np.ndim(harmless) != 2 or len(harmless) == 0):
        raise InputError("expected harmless samples (m, d) for density > 0, got none: pass harmless=")
    return original
