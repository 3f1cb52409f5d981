"""The end of a bench: the same table in print and in the file that was asked for, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.cli._finish import finish


def test_what_came_out_is_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finish(tmp_path / "run", {"rows": [1]}, "| a |", "<p>page</p>", tmp_path / "page.md") == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == {"rows": [1]}
    assert (tmp_path / "page.md").read_text() == "| a |"
    assert (tmp_path / "run" / "report.html").read_text() == "<p>page</p>"
    report = tmp_path / "run" / "report.html"
    assert capsys.readouterr().out == f"| a |\ntable: {tmp_path / 'page.md'}\nreport: {report}\n"


def test_no_file_is_written_that_was_not_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(tmp_path, {}, "| a |", "", None)
    assert "table:" not in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "result.json"]
