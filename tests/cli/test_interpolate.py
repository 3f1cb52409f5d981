"""`sparring interpolate`: a sheet whose rows follow on, a film that goes round, ends that are pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.cli._app import run
from sparring.core.levels import to_bytes
from sparring.data import write_png
from sparring.gan import codes, generate
from sparring.train import load_generator


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_rows_follow_on_and_show_the_codes(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["interpolate", str(gan_run), "--pairs", "3", "--steps", "4", "--out", "i.png"]) == 0
    assert capsys.readouterr().out == "3 ways of 4 images: i.png\n"
    with Image.open("i.png") as sheet:
        assert sheet.size == (4 * 66 - 2, 3 * 66 - 2)
        pixels = np.asarray(sheet).astype(int)
    tiles = [[pixels[66 * i : 66 * i + 64 : 8, 66 * j : 66 * j + 64 : 8] for j in range(4)] for i in range(3)]
    generator = load_generator(gan_run)
    whole = to_bytes(generate(generator, 4, z=codes(4, generator.latent, 0)))[:, 0].numpy()
    for i in range(3):
        assert abs(tiles[i][0] - whole[i]).max() <= 1
        assert abs(tiles[i][3] - whole[i + 1]).max() <= 1
        assert abs(tiles[i][1] - tiles[i][2]).max() > 0


def test_a_film_goes_round(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["interpolate", str(gan_run), "--pairs", "2", "--steps", "6", "--fps", "20", "--line"]
    assert run([*words, "--out", "i.gif"]) == 0
    assert capsys.readouterr().out == "15 images round 3 codes, 20 a second: i.gif\n"
    with Image.open("i.gif") as film:
        assert film.n_frames == 15
        assert film.size == (256, 256)
        frames = []
        for place in range(15):
            film.seek(place)
            frames.append(np.asarray(film.convert("L")).astype(float))
    steps = [abs(frames[place] - frames[place - 1]).mean() for place in range(15)]
    assert steps[0] < 3 * np.median(steps), "the last image leads on to the first"


def test_ends_that_are_pictures_are_inverted(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = load_generator(gan_run)
    images = to_bytes(generate(generator, 2, seed=9))
    for name, image in zip(("a.png", "b.png"), images, strict=True):
        write_png(name, image)
    assert run(["interpolate", str(gan_run), "--from", "a.png", "--to", "b.png", "--steps", "3", "--out", "i.png"]) == 0
    assert "a.png: error 0.000" in capsys.readouterr().out
    with Image.open("i.png") as sheet:
        pixels = np.asarray(sheet).astype(int)
    assert pixels.shape == (64, 196)
    assert abs(pixels[::8, :64:8] - images[0, 0].numpy()).mean() < 4
    assert abs(pixels[::8, 132::8] - images[1, 0].numpy()).mean() < 4


def test_classes_are_shown_in_turn_or_one_of_them(conditional_run: Path) -> None:
    words = ["interpolate", str(conditional_run), "--pairs", "2", "--steps", "2"]
    generator = load_generator(conditional_run)
    assert run([*words, "--out", "all.png"]) == 0
    assert run([*words, "--class", "7", "--out", "one.png"]) == 0
    assert run([*words, "--out", "all.gif"]) == 0
    z = codes(3, generator.latent, 0)
    for name, labels in (("all.png", [0, 1]), ("one.png", [7, 7])):
        with Image.open(name) as sheet:
            first = np.asarray(sheet).astype(int)[::66, :64:8]
        made = to_bytes(generate(generator, 2, z=z[:2], labels=torch.tensor(labels)))[:, 0, 0].numpy()
        assert abs(first - made).max() <= 1
    with Image.open("all.gif") as film:
        assert film.size[0] == 10 * 66 - 2, "a film shows all classes side by side"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--out", "i.jpg"], "FILE.png, FILE.gif or FILE.mp4"),
        (["--pairs", "0"], "--pairs of at least 1"),
        (["--steps", "1"], "--steps of at least 2"),
        (["--from", "a.png"], "both --from and --to"),
        (["--class", "3"], "got one without classes"),
        (["--from", "a.png", "--to", "b.png"], "nothing is there"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["interpolate", str(gan_run), *words]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not list(here.iterdir())
