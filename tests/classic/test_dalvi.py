"""The adversary of naive Bayes against brute force, against the models' own words, and against a linear program."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB
from sklearn.svm import SVC, LinearSVC

from sparring.classic.dalvi import cheapest_evasion, linear_evasion, log_odds, word_costs
from sparring.errors import InputError

D = 8


def words(seed: int = 0, values: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Samples whose features lean one way or the other by class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 300)
    lean = rng.uniform(0.1, 0.9, (2, D))
    return (rng.random((300, D)) < lean[y]).astype(int) * rng.integers(1, values, (300, D)), y


def margin(model: object, x: np.ndarray) -> np.ndarray:
    if hasattr(model, "predict_log_proba") and not hasattr(model, "coef_"):
        return np.diff(model.predict_log_proba(x), axis=1)[:, 0]
    return model.decision_function(x)


MODELS = [
    (BernoulliNB(), 2),
    (CategoricalNB(min_categories=3), 3),
    (LogisticRegression(), 2),
    (LinearSVC(), 2),
    (SVC(kernel="linear"), 2),
]
NAMES = [type(model).__name__ for model, _ in MODELS]


@pytest.mark.parametrize(("model", "values"), MODELS, ids=NAMES)
def test_log_odds_add_up_to_what_the_model_says(model: object, values: int) -> None:
    x, y = words(values=values)
    table, rest = log_odds(model.fit(x, y))
    assert table[np.arange(D), x].sum(1) + rest == pytest.approx(margin(model, x), abs=1e-9)


@pytest.mark.parametrize(("model", "values"), MODELS, ids=NAMES)
def test_no_cheaper_set_of_changes_passes(model: object, values: int) -> None:
    """Every sample there is, 2⁸ or 3⁸ of them, priced and asked of the model itself."""
    x, y = words(values=values)
    model.fit(x, y)
    rng = np.random.default_rng(1)
    costs = rng.uniform(0.5, 3, (D, values, values)) * (1 - np.eye(values))
    costs[2, 1, 0] = costs[5, 0, 1] = np.inf
    every = np.array(list(itertools.product(range(values), repeat=D)))
    passes = every[model.predict(every) == 0]
    some = x[model.predict(x) == 1][:12]
    found = cheapest_evasion(model, some, costs)
    assert found.caught.all()
    for row, sample in enumerate(some):
        cheapest = costs[np.arange(D), sample, passes].sum(1).min()
        assert found.cost[row] == pytest.approx(cheapest)
        assert found.bound[row] == pytest.approx(cheapest)
        if np.isfinite(cheapest):
            assert costs[np.arange(D), sample, found.x[row]].sum() == pytest.approx(cheapest)
    assert (model.predict(found.x[found.evaded]) == 0).all()
    assert found.evaded.any()


def test_the_threshold_of_the_utilities_is_what_has_to_be_passed() -> None:
    x, y = words()
    model = BernoulliNB().fit(x, y)
    costs = word_costs(np.ones(D), np.ones(D))
    lenient, strict = (cheapest_evasion(model, x, costs, threshold=t) for t in (1.0, -1.0))
    assert (lenient.caught == (margin(model, x) > 1)).all()
    assert (margin(model, lenient.x[lenient.evaded]) <= 1).all()
    assert (margin(model, strict.x[strict.evaded]) <= -1).all()
    assert (strict.cost[lenient.caught] >= lenient.cost[lenient.caught]).all()


def test_what_is_not_caught_or_not_worth_it_is_left_as_it_is() -> None:
    x, y = words()
    model = BernoulliNB().fit(x, y)
    found = cheapest_evasion(model, x, word_costs(np.ones(D), np.full(D, np.inf)), worth=2.0)
    assert (found.cost[~found.caught] == 0).all()
    left = ~found.evaded
    assert (found.x[left] == x[left]).all()
    assert (found.cost[found.evaded] == 1).all()  # two words cost 2, no less than passing is worth
    assert (found.caught & ~found.evaded).any()
    assert (found.x >= x).all()  # nothing is dropped


@pytest.mark.parametrize("seed", range(6))
def test_real_features_agree_with_a_linear_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, x, c = rng.normal(size=12), rng.uniform(0, 1, 12), rng.uniform(0.1, 2, 12)
    gap = 0.6 * float(np.where(w > 0, w * x, -w * (1 - x)).sum())
    moved, cost = linear_evasion(w, x, c, gap)
    room = np.where(w > 0, x, 1 - x)
    truth = linprog(c, A_ub=-np.abs(w)[None], b_ub=[-gap], bounds=list(zip(np.zeros(12), room, strict=True)))
    assert cost == pytest.approx(truth.fun)
    assert w @ (x - moved) == pytest.approx(gap)
    assert c @ np.abs(moved - x) == pytest.approx(cost)
    assert ((moved >= 0) & (moved <= 1)).all()


def test_real_features_that_do_not_suffice_cost_infinitely_much() -> None:
    moved, cost = linear_evasion(np.array([1.0, -1.0]), np.array([0.5, 0.5]), np.ones(2), 1.5)
    assert (moved.tolist(), cost) == ([0.0, 1.0], np.inf)
    assert linear_evasion(np.array([0.0]), np.array([0.5]), np.ones(1), 0.1)[1] == np.inf


def test_what_does_not_fit_is_refused() -> None:
    x, y = words()
    model = BernoulliNB().fit(x, y)
    costs = word_costs(np.ones(D), np.ones(D))
    for wrong, words_ in ((-costs, "costs >= 0"), (costs[1:], "of shape"), (costs * np.nan, "costs >= 0")):
        with pytest.raises(InputError, match=words_):
            cheapest_evasion(model, x, wrong)
    with pytest.raises(InputError, match="whole numbers from 0 to 1"):
        cheapest_evasion(model, x + 0.5, costs)
    with pytest.raises(InputError, match="whole numbers from 0 to 1"):
        cheapest_evasion(model, x * 2, costs)
    with pytest.raises(InputError, match="linear classifier of two classes, got GaussianNB"):
        log_odds(GaussianNB().fit(x, y))
    with pytest.raises(InputError, match="two classes"):
        log_odds(BernoulliNB().fit(x, np.arange(300) % 3))
