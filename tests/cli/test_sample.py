"""`sparring sample`: a sheet, an array, a folder of pictures, and one line for bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli._app import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_sheet_array_and_pictures_show_the_same_images(
    gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(gan_run), "--n", "9", "--out", "s.png"]) == 0
    with Image.open("s.png") as sheet:
        assert sheet.size == (24, 24)
        first = np.asarray(sheet)[:8, :8]
    assert run(["sample", str(gan_run), "--n", "5", "--out", "s.npz"]) == 0
    assert run(["sample", str(gan_run), "--n", "3", "--out", "s"]) == 0
    array = np.load("s.npz")["images"]
    assert array.shape == (5, 1, 8, 8)
    assert (array[0, 0] == first).all()
    for number, path in enumerate(sorted((here / "s").iterdir())):
        with Image.open(path) as picture:
            assert (np.asarray(picture) == array[number, 0]).all()
    assert "3 images: s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sample", "nowhere"], "got nothing there"),
        (["sample", "nowhere", "--n", "0"], "--n of at least 1"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not [path for path in here.rglob("*") if path.is_file()]
