"""`sparring substitute` from end to end: files, figures, exit codes."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run
from sparring.models import load_model

WORDS = ["substitute", "--model", "victim.py:build", "--data", "victim.py:data", "--seeds", "20", "--queries", "80"]
WORDS += ["--net", "mlp(hidden=(16,))", "--net", "linear", "--attack", "mi_fgsm(steps=5)", "--quiet", "--out", "run"]


def test_files_figures_and_page(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WORDS) == 0
    printed = capsys.readouterr().out
    folder = victim / "run"
    found, spec = (json.loads((folder / name).read_text()) for name in ("result.json", "spec.json"))
    assert found["n"] == 40
    assert found["seed_images"] == 20
    assert found["asked"] == found["queries"]["sent"] == 80
    assert sum(found["labels"]) == 80
    assert [row["attack"] for row in found["attacks"]] == ["fgsm", "mi_fgsm(steps=5)"]
    assert found["misclassified"] == found["attacks"][1]["misclassified"]
    assert found["misclassified"]["of"] == 40
    assert found["of_right"]["of"] == found["clean"]["count"]
    assert spec["recipe"]["queries"] == 80
    assert load_model(folder / "substitute").input_shape == (1, 8, 8)
    assert load_model(folder / "substitute-2").classes == ("0", "1", "2")
    assert (folder / "0000-adversarial.png").exists()
    page = (folder / "report.html").read_text()
    assert "With 80 labels bought from the victim" in page
    assert "labels bought: 80 of at most 80" in printed
    assert "misclassified, of correct" in printed


def test_the_same_command_goes_on_and_asks_nothing_again(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WORDS) == 0
    first = json.loads((victim / "run" / "result.json").read_text())
    assert run(WORDS) == 0
    again = json.loads((victim / "run" / "result.json").read_text())
    assert again["queries"]["sent"] == again["shown"]["sent"] == 0
    assert again["asked"] == 80
    assert again["attacks"] == first["attacks"]
    assert "80 of them by earlier runs" in capsys.readouterr().out
    assert run([*WORDS, "--seed", "1"]) == 2
    assert "expected the run begun in run, got another seed" in capsys.readouterr().err


def test_a_missed_threshold_is_exit_code_1(victim: Path) -> None:
    assert run([*WORDS, "--threat", "linf(0.001)", "--fail-under", "0.9"]) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--seeds", "60"], "expected seeds between 1 and 59"),
        (["--queries", "20"], "expected more queries than seed images, got 20 for 20"),
        (["--net", "mpl"], "did you mean 'mlp'"),
        (["--fail-under", "2"], "expected --fail-under as a share"),
        (["--threat", "linf(0.1, bounds=(-1, 1))"], r"expected bounds (0, 1)"),
    ],
)
def test_wrong_input_is_one_line(victim: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str) -> None:
    assert run([*WORDS[:-2], *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
