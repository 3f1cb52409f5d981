"""`sparring export`: what it prints, and one line for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.cli._app import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_and_card_are_named(gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(gan_run), "--no-onnx"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert set(first.split(", ")) == {path.name for path in (here / "exported").iterdir()}
    assert last == "card: exported/README.md"


def test_the_difference_is_printed(
    gan_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sparring.export._export.to_onnx", lambda generator: b"")
    monkeypatch.setattr("sparring.export._export.onnx_apart", lambda generator, file: 1.25e-7)
    assert run(["export", str(gan_run), "--out", "o"]) == 0
    assert "onnxruntime and torch are at most 1.2e-07 apart on 16 codes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "line"), [(["nowhere"], "got nothing there"), (["RUN", "--out", "RUN"], "a folder of its own")]
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", *[str(gan_run) if word == "RUN" else word for word in words]]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not list(here.iterdir())
