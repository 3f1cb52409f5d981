"""scikit-learn's classifiers: whichever scores they have, `predict` has the last word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from sparring.errors import InputError
from sparring.victims.scikit_learn import Estimator, is_estimator

PIXELS, LABELS = load_digits(return_X_y=True)
PIXELS = PIXELS[:400] / 16
LABELS = LABELS[:400]
X = torch.rand(300, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Labeler:
    """A classifier with `predict` alone."""

    def fit(self, x: Any, y: Any) -> Labeler:
        self.classes_ = np.unique(y)
        return self

    def predict(self, x: Any) -> Any:
        return self.classes_[(x.sum(1) > 32).astype(int)]


@pytest.mark.parametrize(
    ("make", "access"),
    [
        (lambda: LogisticRegression(max_iter=200), "scores"),
        (lambda: make_pipeline(StandardScaler(), SVC(gamma=0.02)), "scores"),
        (lambda: SVC(kernel="linear"), "scores"),
        (lambda: RandomForestClassifier(5, random_state=0), "scores"),
        (lambda: KNeighborsClassifier(3), "scores"),
        (Perceptron, "scores"),
    ],
)
def test_the_highest_score_is_what_predict_says(make: Any, access: str) -> None:
    """T20: also on noise, where the votes of an SVC tie."""
    estimator = make().fit(PIXELS, LABELS)
    model = Estimator(estimator)
    assert (model.access, model.num_classes, model.classes) == (access, 10, None)
    scores = model(X)
    assert scores.shape == (300, 10)
    assert bool(torch.isfinite(scores).all())
    assert scores.argmax(1).tolist() == estimator.predict(X.flatten(1).double().numpy()).tolist()


def test_votes_that_tie_are_settled() -> None:
    """The case that the rule is for exists: without it some answers would be another class's."""
    estimator = SVC(kernel="linear").fit(PIXELS, LABELS)
    rows = X.flatten(1).double().numpy()
    assert bool((estimator.decision_function(rows).argmax(1) != estimator.predict(rows)).any())


def test_two_classes_have_two_columns_whose_softmax_is_the_probability() -> None:
    keep = LABELS < 2
    estimator = LogisticRegression().fit(PIXELS[keep], LABELS[keep])
    scores = Estimator(estimator)(X)
    proba = estimator.predict_proba(X.flatten(1).double().numpy())
    torch.testing.assert_close(scores.softmax(1), torch.from_numpy(proba))


def test_probabilities_become_their_logarithms() -> None:
    estimator = RandomForestClassifier(5, random_state=0).fit(PIXELS, LABELS)
    proba = estimator.predict_proba(X.flatten(1).double().numpy())
    torch.testing.assert_close(Estimator(estimator)(X).softmax(1), torch.from_numpy(proba), atol=1e-6, rtol=1e-6)


def test_labels_alone_and_names() -> None:
    names = np.array(["dark", "light"])[(PIXELS.sum(1) > 20).astype(int)]
    model = Estimator(Labeler().fit(PIXELS, names))
    assert (model.access, model.classes, model.n_features) == ("decision", ("dark", "light"), None)
    said = model(X)
    assert said.dtype == torch.float32
    assert torch.equal(said.argmax(1), (X.flatten(1).double().sum(1) > 32).long())


@pytest.mark.parametrize(
    ("labels", "names"),
    [([0, 1], None), ([False, True], None), ([-1, 1], ("-1", "1")), ([1, 2], ("1", "2")), (["b", "a"], ("a", "b"))],
)
def test_classes_are_numbers_from_0_or_names(labels: list[Any], names: tuple[str, ...] | None) -> None:
    estimator = LinearSVC().fit([[0.0], [1.0]], labels)
    model = Estimator(estimator)
    assert model.classes == names
    assert estimator.classes_[model(torch.tensor([[-5.0], [5.0]])).argmax(1)].tolist() == labels


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (LogisticRegression(), "got LogisticRegression without classes_: call its fit first"),
        (LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), "got LinearRegression without classes_"),
        (KNeighborsClassifier(1).fit([[0.0], [1.0]], [[0, 1], [1, 0]]), "expected a classifier with one list"),
    ],
)
def test_what_is_no_fitted_classifier_is_refused(estimator: Any, words: str) -> None:
    assert is_estimator(estimator)
    with pytest.raises(InputError, match=words):
        Estimator(estimator)


def test_other_sizes_and_pairs_are_told() -> None:
    model = Estimator(SVC(decision_function_shape="ovo").fit(PIXELS, LABELS))
    with pytest.raises(InputError, match="make it with decision_function_shape='ovr'"):
        model(X)
    with pytest.raises(InputError, match=r"expected samples of 64 values for Estimator\(SVC\), got \(3, 8, 8\), 192"):
        model(torch.rand(2, 3, 8, 8))


def test_what_is_an_estimator() -> None:
    assert is_estimator(SVC())
    assert not is_estimator(SVC)
    assert not is_estimator(torch.nn.Linear(1, 1))
