"""Rows from records: nothing is left out, a failure counts as noise, and the told half chooses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from sparring.bench._best_of import expected_best
from sparring.bench._gans_rows import rows_of
from sparring.bench._gans_space import Entry
from sparring.gan import Gan

BESIDE = {"truth": 1.0, "noise": 100.0, "noise_choose": 90.0}


def ran(tell: float | None, choose: float | None = None, *alarms: str) -> dict[str, Any]:
    choose = tell if choose is None else choose
    return {"gan": f"gan(lr={tell})", "tell": tell, "choose": choose, "alarms": list(alarms), "seconds": 2.0}


def test_what_failed_counts_as_noise_and_is_counted() -> None:
    settings = [
        [ran(5.0), ran(7.0)],
        [ran(4.0), ran(None)],
        [ran(8.0), ran(400.0)],
        [ran(6.0, None, "collapse"), ran(8.0)],
    ]
    (row,) = rows_of([Entry("one", Gan())], {"one": settings}, BESIDE)
    assert row.default == 6
    assert row.default_interval is not None
    assert row.best[1] == pytest.approx((52 + 54 + 7) / 3)
    assert row.best[3] == 7
    assert row.median == 52
    assert row.quartiles == (29.5, 53)
    assert row.seconds == 2
    assert (row.failed, row.collapsed, row.runs, row.trials) == (2, 1, 6, 3)
    assert row.place == (1, 1)
    assert row.chosen == "gan(lr=6.0)"
    assert row.intervals[3] is None


def test_it_is_chosen_by_one_half_and_told_by_the_other() -> None:
    """G40: the setting that looks best where it is told is not the one that is told."""
    settings = [[ran(5.0)], [ran(3.0, 9.0)], [ran(6.0, 4.0)]]
    (row,) = rows_of([Entry("one", Gan())], {"one": settings}, BESIDE)
    assert row.best[2] == 6
    assert row.chosen == "gan(lr=6.0)"
    assert row.default_interval is None


def test_a_figure_that_chooses_is_never_worse_than_noise_either() -> None:
    """Both settings look like noise to the half that chooses, so the worse of the two is told."""
    settings = [[ran(5.0)], [ran(3.0, 95.0)], [ran(None)]]
    (row,) = rows_of([Entry("one", Gan())], {"one": settings}, BESIDE)
    assert row.best[2] == 100


def test_the_best_is_first_and_ties_share_places() -> None:
    told = [10.0, 20.0, 14.0, 30.0, 12.0, 18.0]
    found = {
        "far": [[ran(40.0)], *([ran(3 * value)] for value in told)],
        "near": [[ran(9.0)], *([ran(value)] for value in told)],
        "like": [[ran(9.0)], *([ran(value)] for value in told[::-1])],
    }
    rows = rows_of([Entry(name, Gan()) for name in found], found, BESIDE)
    assert [row.name for row in rows][2] == "far"
    assert [row.place for row in rows] == [(1, 2), (1, 2), (3, 3)]
    assert rows[0].ranked == 3
    assert rows[0].best[3] == pytest.approx(expected_best(told, 3).item())
