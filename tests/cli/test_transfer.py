"""`sparring transfer` from end to end on models in a file and models trained on the spot."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run
from sparring.models import load_model

BOTH = ["transfer", "--data", "victim.py:data", "--threat", "linf(0.2)", "--attack", "fgsm", "--n", "30", "--quiet"]


def test_matrix_files_and_page(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*BOTH, "--model", "victim.py:build", "--train", "linear", "--train", "mlp(hidden=(16,))", "--halves"]
    words += ["--train-data", "victim.py:data", "--epochs", "8", "--ensemble", "--out", "run"]
    assert run(words) == 0
    printed = capsys.readouterr().out
    found = json.loads((victim / "run" / "result.json").read_text())
    spec = json.loads((victim / "run" / "spec.json").read_text())
    names = [model["name"] for model in found["models"]]
    assert names == [
        "victim.py:build", "linear, half 1", "linear, half 2", "mlp(hidden=(16,)), half 1", "mlp(hidden=(16,)), half 2",
    ]  # fmt: skip
    assert [row["source"] for row in found["rows"]] == [*names, "mean of the others"]
    for row, name in zip(found["rows"], names, strict=False):
        assert [cell["white_box"] for cell in row["cells"]] == [name == other for other in names]
        for cell in row["cells"]:
            assert cell["of_broken"]["of"] <= cell["of_right"]["of"] <= found["n"] == 30
    assert spec["trained_on"] == "victim.py:data"
    assert spec["halves"]
    page = (victim / "run" / "report.html").read_text()
    assert 'class="heat own"' in page
    assert "mean of the others" in page
    assert "fooled, of what the column" in printed
    assert "report: run/report.html" in printed
    first = sorted((victim / "run" / "models").iterdir())[0]
    assert load_model(first).classes == ("0", "1", "2")


def test_trained_models_are_taken_from_an_interrupted_run(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        *BOTH,
        "--train",
        "linear",
        "--train",
        "mlp(hidden=(8,))",
        "--train-data",
        "victim.py:data",
        "--out",
        "run",
    ]
    assert run(words) == 0
    first = json.loads((victim / "run" / "result.json").read_text())
    times = {path: path.stat().st_mtime_ns for path in (victim / "run" / "models").rglob("*.safetensors")}
    (victim / "run" / "result.json").unlink()
    assert run(words) == 0
    again = json.loads((victim / "run" / "result.json").read_text())
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert again["rows"] == first["rows"]
    assert run(words) == 2  # it is finished: a second result would overwrite the first
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--model", "victim.py:build"], "at least two models"),
        (["--model", "victim.py:build", "--model", "victim.py:build", "--halves"], "expected --train with --halves"),
        (["--train", "linear", "--train", "cnn"], "expected --train-data beside 'victim.py:data'"),
        (["--train", "linear", "--train", "efficientnet-lite0"], "expected a net to train"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    victim: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert run([*BOTH, *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (victim / "runs").exists()
