"""Dalvi's study on real messages: what a spam filter still catches once spammers choose their words."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sparring.classic._knapsack import Floats
from sparring.classic._messages import bags, messages
from sparring.classic.dalvi import CheapEvasion, cheapest_evasion, word_costs
from sparring.errors import InputError, missing_extra

FALSE_ALARMS = (1, 10, 100, 1000)
"""What a harmless message called spam costs the filter, where a right answer is worth 1 and missed spam costs 1."""


def scenarios(words: tuple[str, ...]) -> dict[str, Floats]:
    """Return what changes cost the spammer, by scenario; 1 is the price of one word of five letters."""
    one, never = np.ones(len(words)), np.full(len(words), np.inf)
    letters = np.array([(len(word) + 1) / 6 for word in words])
    return {
        "add words": word_costs(one, never),
        "add letters": word_costs(letters, never),
        "add or drop words": word_costs(one, 3 * one),
    }


def spam_study(*, words: int = 500, worth: float = 20.0, seed: int = 0) -> dict[str, Any]:
    """Train a naive Bayes filter on real messages and let a spammer evade it as cheaply as can be.

    Every spam message of the test part is changed until it passes, if that costs less than passing is worth.

    Args:
        words: size of the filter's vocabulary.
        worth: what one spam message that passes is worth to the spammer, in words of five letters.
        seed: divides the messages into training and test.

    Returns: what `result.json` holds: `rows`, one a scenario and price of a false alarm, with the shares of spam caught
    before and after, of harmless messages stopped, what passing costs (null if it cannot be had), and the share of
    costs proven minimal; `curve`, caught against the cost the spammer is ready to pay.

    Raises: InputError for numbers out of range, or when the data or scikit-learn is missing.

    Source: Dalvi, Domingos, Mausam, Sanghai, Verma 2004, Adversarial Classification, KDD. **Differs**: text messages,
    not mail; words of two letters and more; the filter does not answer.
    """
    if words < 1 or not worth > 0:
        raise InputError(f"expected words >= 1 and worth > 0, got {words} and {worth}")
    try:
        from sklearn.naive_bayes import BernoulliNB
    except ImportError:
        raise missing_extra("scikit-learn", "classic") from None
    started = time.perf_counter()
    data = bags(words, seed, *messages())
    model = BernoulliNB().fit(data.train, data.train_spam)
    spam = data.test[data.test_spam == 1]
    score = _margin(model, data.test[data.test_spam == 0])
    rows, curve = [], []
    for name, costs in scenarios(data.words).items():
        for price in FALSE_ALARMS:
            threshold = float(np.log((1 + price) / 2))
            found = cheapest_evasion(model, spam, costs, threshold=threshold, worth=worth)
            _confirm(model, found, threshold)
            rows.append({"scenario": name, "false_alarm_costs": price} | _row(found, worth, score > threshold))
            if price == 1:
                curve.append({"name": name, "points": _caught_against_cost(found, 2 * worth)})
    return {
        "kind": "classic-dalvi",
        "rows": rows,
        "curve": curve,
        "n": {"train": len(data.train), "spam": len(spam), "harmless": len(score)},
        "words": len(data.words),
        "worth": worth,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 3),
    }


def _margin(model: Any, x: Any) -> Floats:
    logs = model.predict_log_proba(x)
    return np.asarray(logs[:, 1] - logs[:, 0], dtype=np.float64)


def _confirm(model: Any, found: CheapEvasion, threshold: float) -> None:
    """Ask the filter itself whether what is said to pass does."""
    if not bool((_margin(model, found.x[found.evaded]) <= threshold).all() if found.evaded.any() else True):
        raise RuntimeError("a message that was said to pass is caught")


def _row(found: CheapEvasion, worth: float, stopped: Any) -> dict[str, float | None]:
    possible = found.caught & np.isfinite(found.cost)
    paid = found.cost[found.evaded]
    median = np.median(found.cost[found.caught]) if found.caught.any() else np.inf
    return {
        "caught_before": float(found.caught.mean()),
        "caught_after": float((found.caught & ~found.evaded).mean()),
        "harmless_stopped": float(stopped.mean()),
        "median_cost_to_pass": float(median) if np.isfinite(median) else None,
        "mean_cost_paid": float(paid.mean()) if len(paid) else None,
        "gain_a_message": float((worth * (~found.caught | found.evaded)).mean() - paid.sum() / len(found.cost)),
        "proven": float((found.cost <= found.bound * (1 + 1e-9))[possible].mean()) if possible.any() else None,
    }


def _caught_against_cost(found: CheapEvasion, most: float) -> list[list[float]]:
    return [[float(c), float((found.caught & (found.cost > c)).mean())] for c in np.linspace(0, most, 41)]
