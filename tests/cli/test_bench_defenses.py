"""The two tables from the command line: printed, and written where they were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.cli import _app


def test_both_tables_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, out = tmp_path / "page.md", tmp_path / "defenses"
    words = ["bench", "defenses", "--data", "digits", "--defense", "standard", "--net", "mlp(hidden=(16,))"]
    assert _app.run([*words, "--epochs", "1", "--n", "20", "--markdown", str(page), "--out", str(out), "--quiet"]) == 0
    assert "| `standard` |" in capsys.readouterr().out
    assert "| `standard` |" in page.read_text(encoding="utf-8")
    assert (out / "result.json").exists()
    words = ["bench", "training", "--data", "digits:train", "--net", "mlp(hidden=(16,))", "--defense", "standard"]
    assert _app.run([*words, "--rounds", "2", "--out", str(tmp_path / "training"), "--quiet"]) == 0
    assert "s a batch, plain" in capsys.readouterr().out
