import math

import pytest

from sparring.report import _threat as threat
from sparring.report import _words as words


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0.0 %"),
        (1, "100.0 %"),
        (0.00001, "< 0.1 %"),
        (0.9996, "> 99.9 %"),
        (0.4305, "43.0 %"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_percent(share, said):
    assert words.percent(share).replace(words.NBSP, " ") == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (9999, "9999"), (10_000, "10,000"), (12.6, "13"), (None, "–"), (math.inf, "–")]
)
def test_count(value, said):
    assert words.count(value) == said


@pytest.mark.parametrize(("time", "said"), [(59.96, "60.0 s"), (60, "1 min 0 s"), (3725, "62 min 5 s"), (None, "–")])
def test_seconds(time, said):
    assert words.seconds(time).replace(words.NBSP, " ") == said


def test_interval_of_nothing():
    assert words.interval(None) == "–"


@pytest.mark.parametrize(
    ("result", "written", "figure"),
    [
        ({"threat": "linf(8/255)"}, "8/255", 8 / 255),
        ({"threat": "linf(eps=8/255)", "eps": 0.031}, "8/255", 0.031),
        ({"threat": "l1(1e-3)"}, "1e-3", 0.001),
        ({"threat": "linf", "eps": 0.1, "norm": "linf"}, "0.1", 0.1),
        ({"threat": "patch(size=5)"}, "–", None),
        ({}, "–", None),
    ],
)
def test_eps_as_written_and_as_a_figure(result, written, figure):
    """T13: 8/255 is never told as 0.031."""
    assert threat.size(result) == written
    assert threat.radius(result) == (pytest.approx(figure) if figure is not None else None)
