"""`sparring train`: files, figures, one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli._app import run

SMALL = "gan(nets=dense(hidden=(16,), latent=4), batch_size=32)"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sparring.cli.train.keep_memory", lambda: None)
    return tmp_path


def test_a_training_leaves_its_report(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", SMALL, "--data", "digits:train", "--images", "1k", "--out", "g", "--quiet"]) == 0
    printed = capsys.readouterr().out
    result = json.loads((here / "g" / "result.json").read_text())
    assert f"{result['images']:,} images in" in printed
    assert ("no alarm" in printed) == (not result["alarms"])
    page = (here / "g" / "report.html").read_text()
    assert page.count("data:image/png") == 4
    assert "Samples of the same codes" in page


def test_a_dry_run_prints_all_of_it_and_what_to_type(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "dcgan", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "nets              dcgan\n" in printed
    assert "sparring train 'gan(nets=dcgan(" in printed
    assert not list(here.iterdir())


def test_a_folder_of_pictures_trains_without_an_option(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "faces").mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(rng.integers(0, 256, (13, 17, 3), dtype=np.uint8)).save(here / "faces" / f"{number}.png")
    assert run(["train", "--data", "faces", "--images", "128", "--quiet"]) == 0
    (folder,) = (here / "runs").iterdir()
    assert json.loads((folder / "spec.json").read_text())["shape"] == [3, 13, 17]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["train", "dcgann", "--data", "digits"], "did you mean 'dcgan'"),
        (["train", "dcgan"], "expected --data"),
        (["train", SMALL, "--data", "digits", "--images", "2x"], "a number of images such as 2M"),
        (["train", SMALL, "--data", "digits", "--on-alarm", "shout"], "continue, stop or rollback"),
        (["train", SMALL, "--data", "digits", "--images", "1k", "--minutes", "1"], "images or minutes, got both"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not [path for path in here.rglob("*") if path.is_file()]
