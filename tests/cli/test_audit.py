"""`sparring audit` from end to end on a victim in a file."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run

AUDIT = ["audit", "--model", "victim.py:build", "--data", "victim.py:data", "--attack", "pgd", "--curve", "0"]


def test_figures_report_and_exit_code(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*AUDIT, "--threat", "linf(0.02)", "--n", "60", "--out", "run"]) == 0
    result = json.loads((victim / "run" / "result.json").read_text())
    for key in ("n", "clean_accuracy", "robust_accuracy", "interval", "attacks", "threat", "seed", "spec"):
        assert key in result, key
    assert {"name", "left_standing", "forwards", "backwards", "seconds"} <= set(result["attacks"][0])
    assert result["n"] == 60
    assert result["robust_accuracy"] > 0.9  # the halves differ by 0.3 on average, the attack has 0.02
    printed = capsys.readouterr().out
    assert f"robust accuracy  {result['robust_accuracy']:.4f}" in printed
    assert (victim / "run" / "report.html").read_text().startswith("<!doctype html>")


def test_fail_under_is_exit_code_1(victim: Path) -> None:
    """The halves differ by at most 0.4: an attack of 0.25 from both sides breaks everything."""
    wide = [*AUDIT, "--threat", "linf(0.25)", "--n", "60", "--quiet"]
    assert run([*wide, "--fail-under", "0.5"]) == 1
    assert run([*wide, "--fail-under", "0"]) == 0
    assert len(list((victim / "runs").iterdir())) == 2


def test_the_same_command_goes_on_where_it_ended(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*AUDIT, "--threat", "linf(0.1)", "--n", "60", "--out", "run", "--resume"]
    assert run(command) == 2  # nothing there yet
    assert run(command[:-1]) == 0
    before = (victim / "run" / "samples.jsonl").read_bytes()
    assert run(command) == 0
    assert (victim / "run" / "samples.jsonl").read_bytes() == before
    assert "going on from there" in capsys.readouterr().out
