"""`sparring arithmetic`: terms that are pictures, classes of data, and classes by a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.cli._app import run
from sparring.core.levels import to_bytes
from sparring.data import write_png
from sparring.gan import generate
from sparring.train import load_generator

MODEL = """
import torch
from torch import nn

class Halves(nn.Module):
    def forward(self, x):
        return torch.stack([x[..., :4].flatten(1).mean(1), x[..., 4:].flatten(1).mean(1)], 1)

def build():
    return Halves()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tile(row: int, column: int) -> np.ndarray:
    with Image.open("arithmetic.png") as sheet:
        return np.asarray(sheet).astype(int)[66 * row : 66 * row + 64 : 8, 66 * column : 66 * column + 64 : 8]


def test_a_minus_a_plus_b_is_b(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = to_bytes(generate(load_generator(gan_run), 3, seed=9))
    for name, image in zip(("a.png", "b.png", "c.png"), images, strict=True):
        write_png(name, image)
    words = ["--plus", "a.png", "--minus", "a.png", "--plus", "b.png", "--prior", "0", "--noise", "0"]
    assert run(["arithmetic", str(gan_run), *words]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("a.png (1) - a.png (1) + b.png (1)\n")
    assert printed.endswith("the sum in the middle of its neighbors: arithmetic.png\n")
    with Image.open("arithmetic.png") as sheet:
        assert sheet.size == (10 * 66 - 2, 4 * 66 - 2), "sign and picture of three terms, =, three neighbors"
    b = images[1, 0].numpy()
    assert abs(tile(0, 5) - b).max() == 0, "the term's own image"
    assert abs(tile(3, 5) - b).mean() < 4, "what its code gives"
    assert abs(tile(1, 8) - b).mean() < 4, "the sum"
    assert abs(tile(0, 7) - tile(1, 8)).max() <= 1, "no noise, no difference"


def test_classes_of_the_training_data_and_several_pictures(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, image in enumerate(to_bytes(generate(load_generator(gan_run), 2, seed=9))):
        write_png(f"{number}.png", image)
    words = ["--plus", "3", "--minus", "0.png,1.png", "--plus", "digits/", "--n", "4"]
    Path("digits").mkdir()
    write_png("digits/a.png", torch.zeros(1, 8, 8, dtype=torch.uint8))
    assert run(["arithmetic", str(gan_run), *words]) == 0
    assert capsys.readouterr().out.startswith("3 (4) - 0.png,1.png (2) + digits/ (1)\n")


def test_a_classifier_names_samples(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("m.py").write_text(MODEL)
    words = ["--classifier", "m.py:build", "--data", "halves.py:data", "--plus", "left", "--minus", "right"]
    Path("halves.py").write_text(
        "import torch\ndef data():\n    return torch.zeros(2, 1, 8, 8), torch.tensor([0, 1]), ['left', 'right']\n"
    )
    assert run(["arithmetic", str(gan_run), *words, "--noise", "0"]) == 0
    assert "left (" in capsys.readouterr().out
    result, own = tile(1, 5), tile(3, 1)
    lead = [image[:, :4].mean() - image[:, 4:].mean() for image in (result, own)]
    assert lead[0] > lead[1], "more of it than the mean of the class itself"
    assert run(["arithmetic", str(gan_run), "--classifier", "m.py:build", "--plus", "1"]) == 0
    assert "1 (" in capsys.readouterr().out


def test_a_conditional_generator_keeps_the_class_of_the_first_term(conditional_run: Path) -> None:
    image = to_bytes(generate(load_generator(conditional_run), 1, seed=9, labels=torch.tensor([4])))[0]
    write_png("a.png", image)
    assert run(["arithmetic", str(conditional_run), "--plus", "a.png", "--prior", "0", "--noise", "0"]) == 0
    assert abs(tile(1, 4) - tile(3, 1)).max() <= 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--plus", "a.png"], "got 'a.png': nothing is there"),
        (["--plus", "shoe"], "expected a class, got 'shoe'"),
        (["--plus", "3", "--out", "a.gif"], "--out FILE.png"),
        (["--plus", "3", "--n", "0"], "--n of at least 1"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["arithmetic", str(gan_run), *words]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not list(here.iterdir())


def test_data_without_labels_are_refused(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("x.npz", images=np.zeros((4, 1, 8, 8), np.uint8))
    assert run(["arithmetic", str(gan_run), "--plus", "3", "--data", "x.npz"]) == 2
    assert "expected labelled images to find codes of a class" in capsys.readouterr().err
