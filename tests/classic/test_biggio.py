"""Gradient evasion against what is optimal on linear models, and the density term where descent alone is stuck."""

import numpy as np
import pytest
from sklearn.svm import SVC

from sparring.classic._discriminant import discriminant
from sparring.classic.biggio import _with_density, gradient_evasion
from sparring.errors import InputError

RNG = np.random.default_rng(0)
D = 20
X = RNG.uniform(0, 1, (120, D))
Y = (X[:, :5].sum(1) + 0.3 * RNG.normal(size=120) > 2.5).astype(int)
BAD = X[Y == 1][:15]


def best_l1(slope: np.ndarray, x: np.ndarray, budget: float) -> float:
    """The most a linear score can fall: the steepest coordinates first, each as far as the box lets it."""
    room = np.where(slope > 0, x, 1 - x)
    fall = 0.0
    for i in np.argsort(-np.abs(slope)):
        step = min(room[i], budget)
        fall, budget = fall + step * abs(slope[i]), budget - step
    return fall


@pytest.mark.parametrize("budget", [0.2, 1.0, 3.0])
def test_on_a_linear_svm_in_l1_it_falls_as_far_as_can_be(budget: float) -> None:
    model = SVC(kernel="linear").fit(X, Y)
    found = gradient_evasion(model, BAD, budget, steps=200)
    best = np.array([best_l1(model.coef_[0], x, budget) for x in BAD])
    assert found.before - found.score == pytest.approx(best, rel=0.01)
    assert found.score == pytest.approx(model.decision_function(found.x))


def test_on_a_linear_svm_in_l2_it_goes_straight_down() -> None:
    model = SVC(kernel="linear").fit(X, Y)
    inner = BAD.clip(0.3, 0.7)
    found = gradient_evasion(model, inner, 0.2, norm="l2", steps=60)
    w = model.coef_[0]
    assert found.x == pytest.approx(inner - 0.2 * w / np.linalg.norm(w), abs=1e-6)
    assert found.distance == pytest.approx(np.full(len(inner), 0.2))


@pytest.mark.parametrize("kernel", ["linear", "rbf", "poly"])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_it_stays_inside_and_more_budget_never_hurts(kernel: str, norm: str) -> None:
    model = SVC(kernel=kernel, gamma=0.5, coef0=1.0).fit(X, Y)
    scores, start = [model.decision_function(BAD)], None
    for budget in (0.3, 0.8, 2.0):
        found = gradient_evasion(model, BAD, budget, norm=norm, steps=30, start=start)
        moved = found.x - BAD
        size = np.abs(moved).sum(1) if norm == "l1" else np.linalg.norm(moved, axis=1)
        assert (size <= budget * (1 + 1e-6)).all()
        assert size == pytest.approx(found.distance)
        assert ((found.x >= 0) & (found.x <= 1)).all()
        assert (found.score <= scores[-1] + 1e-9).all()
        scores.append(found.score)
        start = found.x
    assert (scores[-1] < 0).mean() > 0.9


def test_the_slope_with_density_is_that_of_its_value() -> None:
    objective = _with_density(discriminant(SVC(kernel="rbf", gamma=0.5).fit(X, Y)), X[Y == 0], 5.0, 0.8)
    values, slopes = objective(BAD)
    for i in range(D):
        e = 1e-6 * np.eye(D)[i]
        assert slopes[:, i] == pytest.approx((objective(BAD + e)[0] - objective(BAD - e)[0]) / 2e-6, abs=1e-5)
    near = np.exp(-((BAD[:, None] - X[Y == 0]) ** 2).sum(2) / 0.8).mean(1)
    assert values == pytest.approx(discriminant(SVC(kernel="rbf", gamma=0.5).fit(X, Y))(BAD)[0] - 5 * near)


def test_the_density_leads_out_of_where_the_score_is_flat() -> None:
    """Harmless samples in one corner, malicious ones elsewhere, a kernel that sees no further than a tenth."""
    rng = np.random.default_rng(1)
    harmless = 0.15 + 0.03 * rng.normal(size=(20, 2))
    malicious = np.concatenate([[0.75, 0.75] + 0.03 * rng.normal(size=(20, 2)), rng.uniform(0.4, 0.6, (20, 2))])
    model = SVC(kernel="rbf", gamma=60, C=100).fit(
        np.concatenate([malicious, harmless]), np.repeat([1, 0], [len(malicious), 20])
    )
    start = malicious[:10]
    alone = gradient_evasion(model, start, 2.0, norm="l2", steps=100)
    drawn = gradient_evasion(model, start, 2.0, norm="l2", steps=100, harmless=harmless, density=20, bandwidth=0.5)
    assert (alone.score > -0.5).all()
    assert (drawn.score < -0.5).all()
    assert (np.linalg.norm(drawn.x - harmless.mean(0), axis=1) < 0.1).all()
    assert (drawn.objective < drawn.score).all()


def test_what_does_not_fit_is_refused() -> None:
    model = SVC(kernel="linear").fit(X, Y)
    with pytest.raises(InputError, match="scale them"):
        gradient_evasion(model, 255 * BAD, 1.0)
    with pytest.raises(InputError, match="pass harmless="):
        gradient_evasion(model, BAD, 1.0, density=1.0)
    with pytest.raises(InputError, match="finite samples"):
        gradient_evasion(model, BAD[0], 1.0)
    for wrong in ({"d_max": 0.0}, {"d_max": 1.0, "steps": 0}, {"d_max": 1.0, "bandwidth": 0.0}):
        with pytest.raises(InputError, match="expected d_max > 0"):
            gradient_evasion(model, BAD, **wrong)
    with pytest.raises(InputError, match="'l1' or 'l2', got 'linf'"):
        gradient_evasion(model, BAD, 1.0, norm="linf")
