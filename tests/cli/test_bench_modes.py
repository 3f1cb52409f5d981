"""`sparring bench modes`: a table on the terminal and in a file, a page, one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.cli._app import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sparring.cli.bench_modes.keep_memory", lambda: None)
    return tmp_path


def test_a_table_is_printed_and_written_with_a_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--problem", "grid", "--method", "memorizer", "--seeds", "1", "--markdown", "page.md", "--out", "m", "-q"]
    assert run(["bench", "modes", *words]) == 0
    printed = capsys.readouterr().out
    assert (here / "page.md").read_text() in printed
    assert "| `memorizer` | 25.0 |" in printed
    (problem,) = json.loads((here / "m" / "result.json").read_text())["problems"]
    assert problem["records"][1]["figures"][0]["captured"] == 25
    html = (here / "m" / "report.html").read_text()
    assert "All 25 modes of grid with every seed: memorizer." in html
    assert html.count('src="data:image/png') == 2, "the memorizer and the truth"
    assert "points in their box" in html


def test_a_protocol_is_named_in_the_table_and_in_the_directory(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--protocol", "veegan", "--problem", "grid", "--method", "memorizer", "--seeds", "1", "-q"]
    assert run(["bench", "modes", *words]) == 0
    printed = capsys.readouterr().out
    assert "Protocol `veegan`" in printed
    assert "2.5 % of the protocol's 40,000,000" in printed
    (folder,) = (here / "runs").iterdir()
    assert folder.name.endswith("-bench-modes-veegan-grid")
    assert json.loads((folder / "spec.json").read_text())["protocol"] == "veegan"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--problem", "grod"], "did you mean"),
        (["--method", "gam"], "did you mean"),
        (["--images", "few"], "number"),
        (["--protocol", "vegan"], "did you mean 'veegan'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    here: Path, arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "modes", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
    assert not (here / "runs").exists() or not list((here / "runs").iterdir())
