"""`sparring bench gans`: tables on the terminal and in a file, a page, one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.cli._app import run

SMALL = ["--gan", "lsgan", "--nets", "dense(latent=4, hidden=(8,))", "--images", "320", "--trials", "1", "--seeds", "1"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sparring.cli.bench_gans.keep_memory", lambda: None)
    return tmp_path


def test_tables_are_printed_and_written_with_a_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "gans", *SMALL, "-n", "100", "--markdown", "page.md", "--out", "g", "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert (here / "page.md").read_text() in printed
    result = json.loads((here / "g" / "result.json").read_text())
    (row,) = result["rows"]["digits"]
    assert f"**{row['best']['1']:.3g}**" in printed
    assert "fid[pixels] of 100 samples" in printed
    assert "What to expect of a loss" in (here / "g" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--gan", "lsgam"], "did you mean"), (["--data", "digits:test"], "without one"), (["--images", "few"], "number")],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    here: Path, arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "gans", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
    assert not (here / "runs").exists() or not list((here / "runs").iterdir())
