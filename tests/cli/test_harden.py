"""`sparring harden` from end to end: files, figures, exit codes, one line for what is wrong."""

import json
from pathlib import Path

import pytest

from sparring.cli._app import run
from sparring.models import load_model

pytestmark = pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
WORDS = ["harden", "--model", "mlp(hidden=(16,))", "--data", "digits:train", "--threat", "linf(0.1)"]
WORDS += ["--defense", "fast", "--epochs", "2", "--held-out", "50", "--n", "20", "--quiet", "--out", "run"]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The process of the tests keeps the settings of its memory; what was asked for is noted."""
    asked: list[bool] = []
    monkeypatch.setattr("sparring.cli.harden.keep_memory", lambda: asked.append(True))
    return asked


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: list[bool]) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_figures_and_page(here: Path, capsys: pytest.CaptureFixture[str], memory: list[bool]) -> None:
    assert run([*WORDS, "--fail-under", "0.99"]) == 1
    printed = capsys.readouterr().out
    result = json.loads((here / "run" / "result.json").read_text())
    assert result["after"]["n"] == result["before"]["n"] == 20
    assert result["spec"]["recipe"]["epochs"] == 2
    assert result["command"].startswith("sparring")
    for name in ("before", "after"):
        assert (
            f"{name:<7} clean {result[name]['clean_accuracy']:.4f}, robust {result[name]['robust_accuracy']:.4f}"
            in printed
        )
    assert f"fgsm alone leaves {result['careless']['fgsm']:.4f}" in printed
    assert "is below --fail-under 0.99" in printed
    assert "(sparring audit --model run)" in printed
    page = (here / "run" / "report.html").read_text()
    assert "hardened by fast" in page
    assert load_model("run").input_shape == (1, 8, 8)
    assert memory == [True]
    # The same command again: nothing is trained, the same is printed but for the seconds.
    assert run([*WORDS, "--fail-under", "0.99"]) == 1
    again = capsys.readouterr().out
    assert [line for line in again.splitlines() if "trained in" not in line] == [
        line for line in printed.splitlines() if "trained in" not in line
    ]


def test_without_audits_nothing_is_audited(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--no-audit"]) == 0
    printed = capsys.readouterr().out
    assert "kept round" in printed
    assert "clean 0" not in printed
    assert not (here / "run" / "before").exists()
    assert not (here / "run" / "after").exists()
    assert not (here / "run" / "plain").exists()
    assert "Trained; not audited" in (here / "run" / "report.html").read_text()
    assert run([*WORDS, "--no-audit", "--seed", "1"]) == 2
    assert "got one with another seed" in capsys.readouterr().err


def test_minutes_in_place_of_epochs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparring.cli.harden.fitting_epochs", lambda *a, **k: 1.5 if a[5] == 3 else 0)
    words = [word for word in WORDS if word not in ("--epochs", "2")]
    assert run([*words, "--minutes", "3", "--no-audit"]) == 0
    assert json.loads((here / "run" / "spec.json").read_text())["recipe"]["epochs"] == 1.5


def test_progress_goes_from_phase_to_phase(capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in WORDS if word != "--quiet"]
    assert run([*words, "--no-audit"]) == 0
    shown = "".join(capsys.readouterr())
    assert "train" in shown
    assert "held out:" in shown


def test_few_labels_and_the_rest_without(here: Path) -> None:
    words = [word if word != "fast" else "vat" for word in WORDS]
    assert run([*words, "--labels", "40", "--no-audit"]) == 0
    spec = json.loads((here / "run" / "spec.json").read_text())
    assert spec["labels"] == 40
    assert spec["unlabeled"]


def test_a_folder_made_for_nothing_is_taken_back(here: Path) -> None:
    assert run([*WORDS[:-2], "--labels", "3"]) == 2
    assert not list((here / "runs").iterdir())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--minutes", "1"], "expected --epochs or --minutes, got both"),
        (["--no-audit", "--fail-under", "0.5"], "expected --audit with --fail-under"),
        (["--defense", "trade"], "did you mean 'trades'"),
        (["--model", "resnett"], "did you mean 'resnet'"),
        (["--threat", "linf(inf)"], "finite eps to harden against"),
        (["--lr", "0"], "lr > 0"),
        (["--precision", "half"], "float32 or bfloat16, got 'half'"),
        (["--data", "digits:tset"], "digits"),
        (["--labels", "5"], "between the 10 classes"),
    ],
)
def test_wrong_input_is_one_line(capsys: pytest.CaptureFixture[str], more: list[str], words: str) -> None:
    assert run([*WORDS, *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
