"""`sparring bench attacks`: tables on the terminal, in a file and in the run directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.bench.problems import PROBLEMS
from sparring.cli._app import run


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_quick_run_prints_and_writes_the_same_figures(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["bench", "attacks", "--quick", "--n", "10", "--attack", "fgsm", "--attack", "deepfool", "--no-peers"]
    assert run([*line, "--markdown", "docs/table.md", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "digits-linear, 10 samples" in printed.out
    (result,) = elsewhere.glob("runs/0001-bench-*/result.json")
    record = json.loads(result.read_text())
    assert len(record["rows"]) == 8
    page = (elsewhere / "docs" / "table.md").read_text()
    for row in record["rows"]:
        share = f"{100 * row['success']:.1f} %"
        assert any(share in text and row["attack"] in text for text in printed.out.splitlines())
        assert f"| {row['threat']} | {row['attack']} | sparring | {share} |" in page
    assert record["speed"] is None
    assert record["machine"]
    assert record["versions"]["torch"]


def test_out_names_the_run_directory(elsewhere: Path) -> None:
    assert (
        run(["bench", "attacks", "--quick", "--n", "5", "--attack", "fgsm", "--no-peers", "--out", "here", "-q"]) == 0
    )
    assert (elsewhere / "here" / "result.json").exists()
    assert not (elsewhere / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--attack", "pdg"], "pgd"), (["--problem", "mnist"], "mnist-cnn"), (["--n", "0"], "n >= 1")],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], word: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "attacks", "--quick", "--no-peers", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
    assert not (elsewhere / "runs").exists()


def test_the_help_names_every_problem(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["bench", "attacks", "--help"]) == 0
    words = capsys.readouterr().out
    assert [each.name for each in PROBLEMS if each.name not in words] == []


@pytest.mark.slow
def test_a_scorecard_of_a_fixed_problem(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["bench", "attacks", "--budget", "400", "--problem", "digits-linear", "--n", "3", "--no-peers", "--quiet"]
    assert run([*line, "--attack", "fmn", "--attack", "apgd"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("digits-linear, budget 400, 3 samples; measured by the stored envelope") == 4
    (result,) = elsewhere.glob("runs/0001-bench-*/result.json")
    (record,) = json.loads(result.read_text())["problems"].values()
    assert record["stored envelopes"] == ["linf", "l2", "l1", "l0"]
    for score in record["scores"]:
        assert f"{score['optimality']:.4f}" in printed
        assert score["passes"] <= 400


def test_a_scorecard_of_a_model_of_ones_own_says_what_it_is_measured_by(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "net.py").write_text(
        "import torch\n\ndef net():\n    torch.manual_seed(0)\n"
        "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n"
    )
    own = ["--model", "net.py:net", "--data", "digits"]
    assert run(["bench", "attacks", "--budget", "100", "--attack", "fmn", "--n", "4", "--no-peers", "-q", *own]) == 0
    assert capsys.readouterr().out.count("best of this very run") == 4


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--model", "net.py:net"], "--budget"),
        (["--budget", "200", "--model", "net.py:net"], "--data"),
        (["--budget", "20"], "at least 100"),
        (["--budget", "200", "--model", "a", "--data", "digits", "--update-envelope"], "got both"),
    ],
)
def test_scorecards_that_cannot_be(
    arguments: list[str], word: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "attacks", "--no-peers", "--problem", "digits-linear", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
