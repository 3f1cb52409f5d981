"""`sparring zoo`: run directories and a table of naive figures, from one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.cli._app import run
from sparring.models import load_model

LINE = ["zoo", "--data", "digits", "--of", "cnn(width=4)", "--epochs", "4", "--n", "20", "--threat", "linf(0.25)"]


def test_it_prints_the_figures_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "zoo"
    assert run([*LINE, "--out", str(out), "--only", "label_only", "--only", "steep", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    members = json.loads((out / "zoo.json").read_text())["members"]
    assert [each["name"] for each in members] == ["base", "label-only", "steep"]
    for each in members:
        line = f"{each['clean']:.1%}  {each['naive']:>6.1%}  {each['note']}".rstrip()
        assert any(row.split()[0] == each["name"] and row.endswith(line) for row in printed.out.splitlines() if row)
        assert load_model(out / each["name"]).classes == tuple("0123456789")
    assert "no gradient: the attack fails on all" in printed.out


def test_progress_goes_to_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*LINE, "--out", str(tmp_path), "--only", "quantized"]) == 0
    assert "zoo: 2/2 quantized: naive" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--only", "quantised"], "did you mean 'quantized'"),
        (["--data", "digits:test"], "without a part"),
        (["--data", "nowhere"], "nowhere"),
        (["--of", "efficientnet-lite0"], "a net to train"),
        (["--threat", "linf(-1)"], "eps"),
        (["--epochs", "0"], "epochs"),
        (["--n", "0"], "positive number of samples"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LINE, "--out", str(tmp_path / "zoo"), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert word in error
    assert not (tmp_path / "zoo").exists()
