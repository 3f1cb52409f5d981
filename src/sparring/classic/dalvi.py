"""Cost-sensitive evasion of a filter: the cheapest words to add or drop until spam passes.

What happens: a spammer wants one message through, and every change costs: a word added makes the message longer, a word
dropped makes it say less. Naive Bayes adds up one log-odds a feature, so the cheapest set of changes is a knapsack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.classic._knapsack import Floats, cheapest
from sparring.errors import InputError


@dataclass(frozen=True, eq=False)
class CheapEvasion:
    """What the adversary does with each sample, and what it costs.

    `x` (n, d) the samples after the changes; `caught` (n,) were called malicious before; `evaded` (n,) are called
    harmless now, and the changes were worth their price; `cost` (n,) of the changes, inf where nothing passes;
    `bound` (n,) what any successful set of changes costs at least: equal to `cost` where that is proven minimal.
    """

    x: NDArray[np.int64]
    caught: NDArray[np.bool_]
    evaded: NDArray[np.bool_]
    cost: Floats
    bound: Floats


def log_odds(model: Any) -> tuple[Floats, float]:
    """Return what each value of each feature adds to log P(malicious|x) / P(harmless|x), (d, values), and the rest.

    Works for scikit-learn's BernoulliNB and CategoricalNB, and for linear classifiers (LogisticRegression, LinearSVC,
    SVC(kernel="linear")) on features 0 and 1, where the sum is their decision function. `model.classes_[1]` is the
    malicious class.

    Raises: InputError for another kind of model, or more than two classes.
    """
    if len(getattr(model, "classes_", ())) != 2:
        raise InputError(f"expected a fitted scikit-learn classifier of two classes, got {type(model).__name__}")
    kind = type(model).__name__
    if kind == "BernoulliNB":
        present = model.feature_log_prob_
        table = np.stack([np.log1p(-np.exp(present)), present], 2)
        prior = model.class_log_prior_
        return table[1] - table[0], float(prior[1] - prior[0])
    if kind == "CategoricalNB":
        widest = max(table.shape[1] for table in model.feature_log_prob_)
        odds = np.full((len(model.feature_log_prob_), widest), np.nan)
        for feature, table in enumerate(model.feature_log_prob_):
            odds[feature, : table.shape[1]] = table[1] - table[0]
        prior = model.class_log_prior_
        return odds, float(prior[1] - prior[0])
    if hasattr(model, "coef_") and model.coef_.shape[0] == 1:
        slope = np.asarray(model.coef_, dtype=np.float64)[0]
        return np.stack([np.zeros_like(slope), slope], 1), float(np.ravel(model.intercept_)[0])
    raise InputError(f"expected BernoulliNB, CategoricalNB or a linear classifier of two classes, got {kind}")


def word_costs(add: Floats, drop: Floats) -> Floats:
    """Return W (d, 2, 2) for words that cost `add` (d,) to put in and `drop` (d,) to leave out; inf forbids it.

    >>> word_costs(np.array([1.0]), np.array([np.inf])).tolist()
    [[[0.0, 1.0], [inf, 0.0]]]
    """
    costs = np.zeros((len(add), 2, 2))
    costs[:, 0, 1], costs[:, 1, 0] = add, drop
    return costs


def cheapest_evasion(
    model: Any, x: NDArray[Any], costs: Floats, *, threshold: float = 0.0, worth: float = np.inf
) -> CheapEvasion:
    """Change each sample as cheaply as can be until the filter lets it pass, for whoever asks what evasion costs.

    MCC(x) = argmin Σ_i W_i(x_i, x'_i) such that Σ_i [LO(x_i) − LO(x'_i)] ≥ LO(x) − LT, LO = log P(·|+) / P(·|−); the
    adversary sends MCC(x) if that costs less than it is worth, else x itself.

    Args:
        model: a fitted naive Bayes or linear classifier, see `log_odds`.
        x: (n, d) whole numbers, each feature's value; 0 or 1 where they are words.
        costs: (d, v, v), costs[i, a, b] ≥ 0 for changing feature i from a to b, inf where that cannot be.
        threshold: LT, the log-odds above which the filter calls a sample malicious;
            log (U(−,−) − U(+,−)) / (U(+,+) − U(−,+)) in the filter's utilities U(called, truth).
        worth: ΔU = U_A(−,+) − U_A(+,+), what passing is worth to the adversary, in the unit of the costs.

    Returns: CheapEvasion, one row a sample.

    Raises: InputError for another kind of model, samples that are not 0 … v − 1, or costs of another shape.

    Cost: no passes; a dynamic program over d v options a sample.

    Source: Dalvi, Domingos, Mausam, Sanghai, Verma 2004, Adversarial Classification, KDD (section on the adversary's
    strategy). **Differs**: a second program with gains rounded the other way proves how close to the cheapest the
    answer is, and refines the grid until it is; linear classifiers too. The filter's best reply is left out.

    >>> from sklearn.naive_bayes import BernoulliNB
    >>> x, y = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]), [1, 1, 0, 0, 0]  # feature 0 is typical of spam
    >>> found = cheapest_evasion(BernoulliNB().fit(x, y), x[:1], word_costs(np.ones(2), np.full(2, 5.0)))
    >>> found.x.tolist(), found.cost.tolist()  # adding the harmless word is cheaper, and just enough
    ([[1, 1]], [1.0])
    """
    table, rest = log_odds(model)
    values = _check(x, table, costs)
    features = np.arange(len(table))
    moved, bound = values.copy(), np.zeros(len(values))
    cost = np.zeros(len(values))
    gap = table[features, values].sum(1) + rest - threshold
    for row in np.flatnonzero(gap > 0):
        now = values[row]
        gains = np.nan_to_num(table[features, now][:, None] - table, nan=0.0)
        slack = 1e-9 * max(1.0, abs(gap[row]))  # past the threshold, not on it, whatever the order of the sum
        choice = cheapest(gains, costs[features, now], float(gap[row]) + slack)
        if choice is None:
            cost[row] = bound[row] = np.inf
            continue
        cost[row], bound[row] = choice.cost, choice.bound
        changed = choice.option >= 0
        if choice.cost < worth:
            moved[row, changed] = choice.option[changed]
    return CheapEvasion(moved, gap > 0, (gap > 0) & (cost < worth), cost, bound)


def _check(x: NDArray[Any], table: Floats, costs: Floats) -> NDArray[np.int64]:
    d, v = table.shape
    if costs.shape != (d, v, v) or not bool((costs >= 0).all()):
        raise InputError(f"expected costs >= 0 of shape {(d, v, v)}, got shape {costs.shape} from {costs.min():g}")
    values: NDArray[np.int64] = np.asarray(x).astype(np.int64)
    if (
        values.ndim != 2
        or values.shape[1] != d
        or bool((values != x).any())
        or not bool(np.isin(values, range(v)).all())
    ):
        raise InputError(f"expected samples (n, {d}) of whole numbers from 0 to {v - 1}, got shape {values.shape}")
    return values


def linear_evasion(
    weights: Floats, x: Floats, costs: Floats, gap: float, *, low: float = 0.0, high: float = 1.0
) -> tuple[Floats, float]:
    """Return the cheapest x' (d,) in [low, high] whose score ⟨weights, x'⟩ is lower by `gap`, and what it costs.

    min Σ c_i |x'_i − x_i| such that ⟨w, x − x'⟩ ≥ gap: a knapsack of parts, so the features with the most slope for
    their price go first, each as far as its room. Exact. The cost is inf, and x' as far as it goes, if all of them do
    not suffice.

    Source: Dalvi et al. 2004 for a linear filter on real features. **Differs**: the paper has values to choose from.

    >>> linear_evasion(np.array([1.0, 3.0]), np.array([1.0, 0.5]), np.array([1.0, 2.0]), 1.8)
    (array([0.7, 0. ]), 1.3)
    """
    room = np.where(weights > 0, x - low, high - x)
    moved, left, spent = x.astype(np.float64), float(gap), 0.0
    value = np.abs(weights) / np.maximum(costs, 1e-300)
    for feature in np.argsort(-value, kind="stable"):
        if left <= 0 or weights[feature] == 0:
            break
        step = min(float(room[feature]), left / abs(float(weights[feature])))
        moved[feature] -= np.sign(weights[feature]) * step
        left -= abs(float(weights[feature])) * step
        spent += float(costs[feature]) * step if step else 0.0
    return moved, spent if left <= 1e-12 * max(1.0, abs(gap)) else float("inf")
