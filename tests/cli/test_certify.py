"""`sparring certify` from end to end: what it prints, what it leaves, what it goes on with."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run

CERTIFY = ["certify", "--model", "victim.py:build", "--data", "victim.py:data", "--sigma", "0.1", "--draws", "200"]


def test_figures_files_and_exit_code(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CERTIFY, "--n", "30", "--radius", "0", "--radius", "0.1", "--out", "proof", "--quiet"]) == 0
    printed = capsys.readouterr().out
    result = json.loads((victim / "proof" / "result.json").read_text())
    assert [row["radius"] for row in result["certified"]] == [0, 0.1]
    assert result["certified"][0]["accuracy"] > 0.9
    for row in result["certified"]:
        assert f"certified at L2 {row['radius']:<9.4g} {row['accuracy']:.4f}" in printed
    assert f"abstained                 {result['abstained']:.4f}" in printed
    assert "report: proof/report.html" in printed
    assert len((victim / "proof" / "samples.jsonl").read_text().splitlines()) == 30
    spec = json.loads((victim / "proof" / "spec.json").read_text())
    assert (spec["sigma"], spec["draws"], spec["n"]) == (0.1, 200, 30)
    assert "with proof" in (victim / "proof" / "report.html").read_text()


def test_it_goes_on_and_another_run_is_refused(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CERTIFY, "--n", "20", "--out", "proof"]) == 0
    first = (victim / "proof" / "samples.jsonl").read_text()
    assert run([*CERTIFY, "--n", "20", "--out", "proof"]) == 0
    assert (victim / "proof" / "samples.jsonl").read_text() == first
    assert "1 parts are done, going on from there" in capsys.readouterr().out
    assert run([*CERTIFY, "--n", "20", "--out", "proof", "--alpha", "0.01"]) == 2
    assert "another alpha" in capsys.readouterr().err


def test_wrong_input_leaves_nothing(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*CERTIFY, "--alpha", "0.9"]) == 2
    assert run([*CERTIFY[:-2], "--draws", "0"]) == 2
    assert run(["certify", "--model", "victim.py:nan", "--data", "victim.py:data", "--sigma", "0.1"]) == 2
    assert capsys.readouterr().err.count("error: expected") == 3
    assert not list((victim / "runs").iterdir())
