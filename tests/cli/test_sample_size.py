"""`sparring sample-size`: one number, or one line that says what was wrong."""

import pytest

from sparring.audit.statistics import wilson
from sparring.cli._app import run


def test_it_prints_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample-size", "--width", "0.02"]) == 0
    n = int(capsys.readouterr().out)
    low, high = wilson(n // 2, n)
    assert (high - low) / 2 == pytest.approx(0.02, abs=1e-5)


def test_an_expected_accuracy_and_a_level_change_it(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = []
    for more in ([], ["--p", "0.9"], ["--level", "0.99"]):
        assert run(["sample-size", "--width", "0.02", *more]) == 0
        sizes.append(int(capsys.readouterr().out))
    assert sizes[1] < sizes[0] < sizes[2]


def test_a_width_in_points_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample-size", "--width", "2"]) == 2
    assert "expected a width in (0, 0.5)" in capsys.readouterr().err
