"""The study on a small vocabulary: it must agree with a filter asked directly, and with common sense."""

import numpy as np
import pytest
from sklearn.naive_bayes import BernoulliNB

from sparring.classic._messages import bags, messages
from sparring.classic._spam import spam_study
from sparring.errors import InputError


@pytest.fixture(scope="module")
def study() -> dict:
    return spam_study(words=60, worth=6, seed=1)


def test_before_the_attack_it_is_the_filter_as_scikit_learn_has_it(study: dict) -> None:
    data = bags(60, 1, *messages())
    called = BernoulliNB().fit(data.train, data.train_spam).predict(data.test)
    row = next(row for row in study["rows"] if row["false_alarm_costs"] == 1)
    assert row["caught_before"] == pytest.approx(called[data.test_spam == 1].mean())
    assert row["harmless_stopped"] == pytest.approx(called[data.test_spam == 0].mean())
    assert row["caught_before"] > 0.6
    assert row["harmless_stopped"] < 0.05


def test_evasion_helps_and_dearer_false_alarms_make_it_easier(study: dict) -> None:
    for name in ("add words", "add letters", "add or drop words"):
        rows = [row for row in study["rows"] if row["scenario"] == name]
        assert all(row["caught_after"] < row["caught_before"] for row in rows)
        before = [row["caught_before"] for row in rows]
        assert before == sorted(before, reverse=True)
    by_name = {row["scenario"]: row for row in study["rows"] if row["false_alarm_costs"] == 100}
    costs = {name: row["median_cost_to_pass"] or np.inf for name, row in by_name.items()}
    assert costs["add or drop words"] <= costs["add words"]
    assert by_name["add or drop words"]["gain_a_message"] >= by_name["add words"]["gain_a_message"]


def test_costs_are_proven_and_stay_below_what_passing_is_worth(study: dict) -> None:
    for row in study["rows"]:
        assert row["proven"] > 0.9
        assert row["mean_cost_paid"] is None or row["mean_cost_paid"] < 6


def test_the_curve_falls_from_what_was_caught_and_meets_the_table(study: dict) -> None:
    for line in study["curve"]:
        row = next(r for r in study["rows"] if r["scenario"] == line["name"] and r["false_alarm_costs"] == 1)
        costs, shares = np.array(line["points"]).T
        assert shares[0] == row["caught_before"]
        assert (np.diff(shares) <= 0).all()
        assert shares[costs < 6][-1] >= row["caught_after"] >= shares[costs >= 6][0]


def test_the_same_seed_gives_the_same_figures(study: dict) -> None:
    again = spam_study(words=60, worth=6, seed=1)
    assert {**again, "seconds": 0} == {**study, "seconds": 0}
    assert spam_study(words=60, worth=6, seed=2)["rows"] != study["rows"]


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="words >= 1"):
        spam_study(words=0)
    with pytest.raises(InputError, match="worth > 0"):
        spam_study(worth=-1)
