"""A fitted scikit-learn classifier: decision values, probabilities or labels, no gradients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.errors import InputError
from sparring.types import Images, Logits
from sparring.victims.base import Access

LEAST = 1e-12
"""Probabilities below this count as this: their logarithm stays finite."""


def is_estimator(value: object) -> bool:
    """Say whether a value is made as scikit-learn's estimators are; nothing is imported to find out."""
    return not isinstance(value, type) and all(callable(getattr(value, name, None)) for name in ("predict", "fit"))


class Estimator:
    """A fitted classifier, as a callable from images (n, *chw) to scores (n, k), one column for each of `classes_`.

    Scores are, whichever it has first: `decision_function` (one value d for two classes becomes (0, d)), log
    `predict_proba`, or one-hot rows of `predict`, in which case `access` is "decision". `predict` has the last word:
    where its class has not the highest score (a tie in the votes of an SVC) that score is raised to be the highest.

    Images are flattened to `n_features` values. `classes` holds the names of `classes_`, or None where these are 0,
    1, ..., k − 1 and name nothing.

    Raises: InputError for an estimator that is not fitted or no classifier, and images of another size.

    >>> from sklearn.linear_model import LogisticRegression
    >>> model = Estimator(LogisticRegression().fit([[0.0], [1.0]], ["ham", "spam"]))
    >>> model.access, model.classes, model(torch.tensor([[0.9]])).shape
    ('scores', ('ham', 'spam'), torch.Size([1, 2]))
    """

    def __init__(self, estimator: Any) -> None:
        what = type(estimator).__name__
        try:
            labels = np.asarray(estimator.classes_)
        except (AttributeError, ValueError):
            raise InputError(f"expected a fitted classifier, got {what} without classes_: call its fit first") from None
        if labels.ndim != 1 or len(labels) < 2:
            raise InputError(f"expected a classifier with one list of at least 2 classes, got {labels.shape} in {what}")
        self.estimator, self._labels = estimator, labels
        self.num_classes = len(labels)
        numbered = labels.dtype.kind in "biuf" and np.array_equal(labels.astype(np.float64), np.arange(len(labels)))
        self.classes = None if numbered else tuple(str(label) for label in labels.tolist())
        features = getattr(estimator, "n_features_in_", None)
        self.n_features = None if features is None else int(features)
        shows = any(callable(getattr(estimator, name, None)) for name in ("decision_function", "predict_proba"))
        self.access: Access = "scores" if shows else "decision"

    def __repr__(self) -> str:
        return f"Estimator({type(self.estimator).__name__})"

    def __call__(self, x: Images) -> Logits:
        """Return scores (n, k), or one-hot rows of the labels."""
        rows: NDArray[np.float64] = x.detach().cpu().flatten(1).double().numpy()
        if self.n_features is not None and rows.shape[1] != self.n_features:
            raise InputError(
                f"expected samples of {self.n_features} values for {self!r}, got {tuple(x.shape[1:])}, {rows.shape[1]}"
            )
        with warnings.catch_warnings():
            # It was fitted on a table with named columns; images have none.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            chosen = np.searchsorted(self._labels, np.asarray(self.estimator.predict(rows)))
            scores = self._scores(rows) if self.access == "scores" else None
        if scores is None:
            return torch.from_numpy(np.eye(self.num_classes, dtype=np.float32)[chosen])
        other = scores.argmax(1) != chosen
        scores[other, chosen[other]] = np.nextafter(scores[other].max(1), np.inf)
        return torch.from_numpy(scores)

    def _scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a fresh array (n, k), or say that the estimator keeps to no convention."""
        k, shape = self.num_classes, None
        if callable(getattr(self.estimator, "decision_function", None)):
            values = np.array(self.estimator.decision_function(rows), dtype=np.float64)
            if values.ndim == 1 and k == 2:
                return np.stack([np.zeros_like(values), values], 1)
            if values.shape == (len(rows), k):
                return values
            shape = values.shape  # one value for each pair of classes
        if callable(getattr(self.estimator, "predict_proba", None)):
            values = np.array(self.estimator.predict_proba(rows), dtype=np.float64)
            if values.shape == (len(rows), k):
                return np.asarray(np.log(values.clip(LEAST, None)))
            shape = values.shape
        if shape == (len(rows), k * (k - 1) // 2):
            raise InputError(
                f"expected {k} scores a sample from {self!r}, got one for each pair of classes: "
                "make it with decision_function_shape='ovr'"
            )
        raise InputError(f"expected scores ({len(rows)}, {k}) from {self!r}, got {shape}")
