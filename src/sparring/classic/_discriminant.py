"""The discriminant function of a scikit-learn classifier and its exact gradient, many samples at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from sparring.classic._knapsack import Floats
from sparring.errors import InputError

Discriminant: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""x (n, d) → g(x) (n,), > 0 for the class that is to be caught, and ∇g(x) (n, d)."""


def discriminant(model: Any) -> Discriminant:
    """Return g and ∇g of a fitted classifier of two classes; g > 0 is `model.classes_[1]`.

    SVC:  g(x) = Σ_i α_i y_i k(x, x_i) + b, with k linear, ⟨x, x_i⟩; rbf, exp(−γ ‖x − x_i‖²); poly, (γ ⟨x, x_i⟩ + c)^p;
          sigmoid, tanh(γ ⟨x, x_i⟩ + c).
    MLPClassifier: the score before its last sigmoid, by the chain rule.
    Linear classifiers (LogisticRegression, LinearSVC, ...): ⟨w, x⟩ + b.

    Raises: InputError for another kind of model, a kernel of one's own, or more than two classes.
    """
    if len(getattr(model, "classes_", ())) != 2:
        raise InputError(f"expected a fitted scikit-learn classifier of two classes, got {type(model).__name__}")
    if hasattr(model, "dual_coef_"):
        return _svc(model)
    if hasattr(model, "coefs_"):
        return _mlp(model)
    if hasattr(model, "coef_") and model.coef_.shape[0] == 1:
        slope, bias = np.asarray(model.coef_, dtype=np.float64)[0], float(np.ravel(model.intercept_)[0])
        return lambda x: (x @ slope + bias, np.broadcast_to(slope, x.shape).copy())
    raise InputError(f"expected an SVC, an MLPClassifier or a linear classifier, got {type(model).__name__}")


def _svc(model: Any) -> Discriminant:
    vectors = np.asarray(model.support_vectors_, dtype=np.float64)
    alpha, bias = np.asarray(model.dual_coef_, dtype=np.float64)[0], float(model.intercept_[0])
    gamma, shift, power = float(getattr(model, "_gamma", 0.0)), float(model.coef0), int(model.degree)

    def linear(x: Floats) -> tuple[Floats, Floats]:
        slope = alpha @ vectors
        return x @ slope + bias, np.broadcast_to(slope, x.shape).copy()

    def rbf(x: Floats) -> tuple[Floats, Floats]:
        weighted = alpha * np.exp(-gamma * squared_distances(x, vectors))
        return weighted.sum(1) + bias, -2 * gamma * (x * weighted.sum(1)[:, None] - weighted @ vectors)

    def poly(x: Floats) -> tuple[Floats, Floats]:
        inner = gamma * (x @ vectors.T) + shift
        return inner**power @ alpha + bias, (alpha * power * inner ** (power - 1)) @ vectors * gamma

    def sigmoid(x: Floats) -> tuple[Floats, Floats]:
        wave = np.tanh(gamma * (x @ vectors.T) + shift)
        return wave @ alpha + bias, (alpha * (1 - wave**2)) @ vectors * gamma

    kernels: dict[str, Discriminant] = {"linear": linear, "rbf": rbf, "poly": poly, "sigmoid": sigmoid}
    if model.kernel not in kernels:
        raise InputError(f"expected an SVC with one of the kernels {', '.join(kernels)}, got {model.kernel!r}")
    return kernels[model.kernel]


SQUASH: dict[str, Callable[[Floats], Floats]] = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
}
SLOPE: dict[str, Callable[[Floats], Floats]] = {
    "identity": np.ones_like,
    "relu": lambda a: (a > 0).astype(np.float64),
    "tanh": lambda a: 1 - a**2,
    "logistic": lambda a: a * (1 - a),
}
"""The derivative of each activation, from its value."""


def _mlp(model: Any) -> Discriminant:
    weights = [np.asarray(w, dtype=np.float64) for w in model.coefs_]
    biases = [np.asarray(b, dtype=np.float64) for b in model.intercepts_]
    squash, slope = SQUASH[model.activation], SLOPE[model.activation]

    def net(x: Floats) -> tuple[Floats, Floats]:
        layers = [x]
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            layers.append(squash(layers[-1] @ w + b))
        score = (layers[-1] @ weights[-1] + biases[-1])[:, 0]
        back = np.broadcast_to(weights[-1][:, 0], layers[-1].shape)
        for w, values in zip(weights[-2::-1], layers[:0:-1], strict=True):
            back = (back * slope(values)) @ w.T
        return score, np.array(back)

    return net


def squared_distances(x: Floats, y: Floats) -> Floats:
    """Return ‖x_i − y_j‖² (n, m), never below 0."""
    squared: Floats = (x**2).sum(1)[:, None] - 2 * x @ y.T + (y**2).sum(1)
    return np.maximum(squared, 0)
