"""`sparring explain`: the figures of the worked example, and of a model."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run


def test_linear_prints_the_worked_example(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "linear", "--out", "why"]) == 0
    printed = capsys.readouterr().out
    assert "= -4\n" in printed
    assert "= 1.6 " in printed
    assert (victim / "why" / "report.html").exists()


def test_model_measures_a_linear_one_as_linear(victim: Path) -> None:
    command = ["explain", "model", "--model", "victim.py:build", "--data", "victim.py:data", "--threat", "linf(0.02)"]
    assert run([*command, "--n", "30", "--out", "why"]) == 0
    result = json.loads((victim / "why" / "result.json").read_text())
    assert result["r_squared"] > 0.95
