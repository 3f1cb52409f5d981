"""`sparring guard`: a guarded model from one command, which every other command takes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from sparring.cli._app import run
from sparring.data import load_data
from sparring.guards import Rejecting, guard
from sparring.models import fit, load_model, save_model
from sparring.models.cnn import Cnn

CODE = """
import torch
from torch import nn

def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).eval()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a small net for digits."""
    train = load_data("digits:train")
    net = Cnn(width=4).build(train.shape, 10, seed=0)
    fit(net, train, epochs=8, seed=0)
    folder = tmp_path_factory.mktemp("nets") / "digits"
    return save_model(folder, "cnn(width=4)", net, input_shape=train.shape, classes=train.classes)


@pytest.fixture(scope="module")
def guarded(home: Path) -> Path:
    out = home.parent / "guarded"
    line = ["guard", "--model", str(home), "--data", "digits:train", "--guard", "safetynet(samples=600)"]
    assert run([*line, "--false-alarms", "0.1", "--n", "80", "--out", str(out), "--quiet"]) == 0
    return out


def test_the_folder_holds_all_there_is_and_nothing_that_runs(guarded: Path, home: Path) -> None:
    names = sorted(str(path.relative_to(guarded)) for path in guarded.rglob("*") if path.is_file())
    assert names == [
        "classifier/model.safetensors", "classifier/spec.json", "guard.safetensors", "result.json", "spec.json",
    ]  # fmt: skip
    spec = json.loads((guarded / "spec.json").read_text())
    assert spec["guard"] == "safetynet(false_alarms=0.1, samples=600)"
    assert spec["classifier"] == "classifier"
    model = load_model(guarded)
    assert isinstance(model.module, Rejecting)
    assert (model.rejects, len(model.classes or ())) == (True, 10)
    x = load_data("digits:test").images(range(20))
    assert torch.equal(model.module(x)[:, :10], load_model(home).module(x))


def test_counts_and_intervals_are_written(guarded: Path) -> None:
    result = json.loads((guarded / "result.json").read_text())
    assert result["n"] == 80
    assert result["test"] == "digits:test"
    low, high = result["refused_interval"]
    assert low <= result["refused"] / 80 <= high
    for each in result["probes"]:
        assert each["fooled"] == each["refused"] + each["right"] + each["missed"]
    assert result["probes"][-1]["refused"] > 0.5 * result["probes"][-1]["fooled"]


def test_other_commands_take_it(guarded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["audit", "--model", str(guarded), "--data", "digits:test", "--threat", "linf(0.1)", "--n", "30"]
    line += ["--attack", "pgd(steps=10, loss='margin')", "--curve", "0", "--quiet"]
    assert run([*line, "--out", str(tmp_path / "audit")]) == 0
    printed = capsys.readouterr().out
    for words in ("classifier alone", "images made on the classifier alone", "to fool them at once", "false alarms"):
        assert words in printed
    assert "What the guard adds" in (tmp_path / "audit" / "report.html").read_text()
    line = ["attack", "digits:test", "pgd(steps=5)", "--model", str(guarded), "--threat", "linf(0.2)", "--n", "10"]
    assert run([*line, "--out", str(tmp_path / "attack"), "--quiet"]) == 0


def test_a_guard_that_does_not_refuse_is_a_model_as_well(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "median"
    line = ["guard", "--model", str(home), "--data", "digits", "--guard", "median", "--n", "40", "--quiet"]
    assert run([*line, "--out", str(out)]) == 0
    model = load_model(out)
    assert not model.rejects
    assert model.module(torch.rand(2, 1, 8, 8)).shape == (2, 10)
    assert isinstance(model.classifier, nn.Module)


def test_code_of_ones_own_is_named_and_not_run_at_a_files_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(CODE)
    text, out = f"{tmp_path}/net.py:build", tmp_path / "out"
    line = ["guard", "--model", text, "--data", "digits", "--guard", "bit_depth", "--n", "20", "--quiet"]
    assert run([*line, "--out", str(out)]) == 0
    capsys.readouterr()
    audit = ["audit", "--data", "digits:test", "--threat", "linf(0.1)", "--n", "10", "--attack", "fgsm", "--curve", "0"]
    assert run([*audit, "--model", str(out), "--out", str(tmp_path / "one")]) == 2
    assert f"give {text}@{out}" in capsys.readouterr().err
    assert run([*audit, "--model", f"{text}@{out}", "--out", str(tmp_path / "two"), "--quiet"]) == 0


def test_a_classifier_that_has_changed_is_noticed(guarded: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(guarded, copy)
    net = load_model(copy / "classifier")
    with torch.no_grad():
        next(net.module.parameters()).add_(1)
    save_model(copy / "classifier", "cnn(width=4)", net.module, input_shape=(1, 8, 8), classes=net.classes or ())
    with pytest.raises(ValueError, match=r"the classifier that .* was made for, got other weights"):
        load_model(copy)
    (copy / "guard.safetensors").unlink()
    shutil.copytree(guarded / "classifier", copy / "classifier", dirs_exist_ok=True)
    with pytest.raises(ValueError, match=r"the guard's state at .*, got nothing there"):
        load_model(copy)


def test_the_parts_of_the_data_share_no_image(home: Path) -> None:
    found = guard(str(home), "bit_depth", "digits", n=50)
    names = [found.result[key] for key in ("data", "calibration", "test")]
    assert names == ["1079 of digits for train", "359 of digits for calibration", "359 of digits for test"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--guard", "safetynett"], "did you mean 'safetynet'"),
        (["--guard", "median", "--false-alarms", "0.1"], "a guard that refuses with --false-alarms, got median"),
        (["--data", "nowhere"], "nowhere"),
        (["--calibration", "digits:none"], "a split of digits"),
        (["--n", "0"], "positive number of samples"),
        (["--false-alarms", "2"], "false_alarms in \\(0, 1\\)"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], word: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["guard", "--model", str(home), "--data", "digits:train", "--out", str(tmp_path / "out"), "--quiet"]
    assert run([*line, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(word, error)


def test_a_guard_around_a_guard_is_refused(guarded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["guard", "--model", str(guarded), "--data", "digits", "--out", str(guarded.parent / "no")]) == 2
    assert "a classifier without a guard" in capsys.readouterr().err
