"""Values against scikit-learn's own, gradients against finite differences."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sparring.classic._discriminant import discriminant, squared_distances
from sparring.errors import InputError

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0, 1, (80, 5)), np.tile([3, 7], 40)
X[Y == 7, :2] += 0.4


def mlp(activation: str, hidden: tuple[int, ...] = (6, 4)) -> MLPClassifier:
    return MLPClassifier(hidden, activation=activation, solver="lbfgs", max_iter=2000, random_state=0, alpha=0.1)


MODELS = {
    "linear": SVC(kernel="linear"),
    "rbf": SVC(kernel="rbf", gamma=0.7),
    "rbf-scale": SVC(),
    "poly": SVC(kernel="poly", degree=3, coef0=0.5, gamma=0.3),
    "sigmoid": SVC(kernel="sigmoid", gamma=0.2, coef0=-0.1),
    "relu": mlp("relu"),
    "tanh": mlp("tanh"),
    "logistic": mlp("logistic", (5,)),
    "identity": mlp("identity", ()),
    "logistic-regression": LogisticRegression(),
    "linear-svc": LinearSVC(),
}


@pytest.mark.parametrize("name", MODELS)
def test_values_are_the_models_and_slopes_those_of_the_values(name: str) -> None:
    model = MODELS[name].fit(X, Y)
    g = discriminant(model)
    x = RNG.uniform(0, 1, (7, 5))
    values, slopes = g(x)
    if hasattr(model, "decision_function"):
        assert values == pytest.approx(model.decision_function(x), abs=1e-9)
    else:
        assert 1 / (1 + np.exp(-values)) == pytest.approx(model.predict_proba(x)[:, 1], abs=1e-9)
    assert ((values > 0) == (model.predict(x) == 7)).all()
    step = 1e-6
    for i in range(5):
        e = step * np.eye(5)[i]
        assert slopes[:, i] == pytest.approx((g(x + e)[0] - g(x - e)[0]) / (2 * step), abs=1e-5, rel=1e-5)


def test_distances_are_never_negative() -> None:
    x = np.full((2, 3), 0.1)
    assert squared_distances(x, x).tolist() == [[0.0, 0.0]] * 2
    assert squared_distances(X[:3], X[3:5])[1, 1] == pytest.approx(((X[1] - X[4]) ** 2).sum())


def test_other_models_are_refused() -> None:
    with pytest.raises(InputError, match="got DecisionTreeClassifier"):
        discriminant(DecisionTreeClassifier().fit(X, Y))
    with pytest.raises(InputError, match="two classes"):
        discriminant(SVC().fit(X, np.arange(80) % 3))
    with pytest.raises(InputError, match="one of the kernels"):
        discriminant(SVC(kernel=lambda a, b: a @ b.T).fit(X, Y))
