"""`sparring probe`: a table, its file, one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.cli._app import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_is_that_of_the_file(gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["probe", str(gan_run), "--data", "digits:train", "--test", "digits:test", "--n", "300", "--n-test", "200"]
    assert run([*words, "--quiet"]) == 0
    printed = capsys.readouterr().out
    (folder,) = (here / "runs").iterdir()
    rows = json.loads((folder / "result.json").read_text())["rows"]
    assert printed.startswith("learned from 300 images of digits:train, tested on 200 of digits:test, seed 0\n")
    for row in rows:
        low, high = row["interval"]
        assert f"{row['accuracy']:>7.1%}  {low:.1%} to {high:.1%}\n" in printed
    assert printed.endswith(f"result: {folder.relative_to(here) / 'result.json'}\n")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--data", "digits:train", "--test", "digits:train"], "got digits:train twice"),
        (["--data", "digits:train"], "--test"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["probe", str(gan_run), *words]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not list(here.glob("runs/*"))
