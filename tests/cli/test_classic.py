"""`sparring classic` from end to end on its real data, in small."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run


def test_dalvi_prints_what_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["classic", "dalvi", "--words", "40", "--worth", "5"]) == 0
    printed = capsys.readouterr().out
    result = json.loads((tmp_path / "runs/0001-classic-dalvi/result.json").read_text())
    assert (result["kind"], result["words"], result["worth"]) == ("classic-dalvi", 40, 5.0)
    for row in result["rows"]:
        assert f"{row['caught_before']:>11.4f} {row['caught_after']:>7.4f}" in printed
    assert "report: runs/0001-classic-dalvi/report.html" in printed
    page = (tmp_path / "runs/0001-classic-dalvi/report.html").read_text()
    assert "add or drop words" in page
    assert "median cost to pass" in page


def test_biggio_prints_a_curve_a_model_and_knowledge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["classic", "biggio", "--model", "linear", "--n", "10", "--repeats", "1", "--density", "0"]
    assert run([*words, "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert [(row["knowledge"], row["density"]) for row in result["curves"]] == [("perfect", 0), ("limited", 0)]
    for row in result["curves"]:
        assert "".join(f"{share:>7.3f}" for _, share, _ in row["points"]) in printed
    first = next(d for d, share, _ in result["curves"][0]["points"] if share < 0.5)
    assert f"fewer than half of the 3s are detected: linear {first:g}." in printed
    assert "<polyline" in (tmp_path / "run/report.html").read_text()


def test_wrong_input_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in ((["biggio", "--model", "svm"], "expected a model"), (["dalvi", "--words", "0"], "words >= 1")):
        assert run(["classic", *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
