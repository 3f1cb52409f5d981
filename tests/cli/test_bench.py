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
