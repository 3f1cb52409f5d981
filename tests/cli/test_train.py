"""`sparring train`: files, figures, one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

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


def test_the_figure_is_printed_with_what_it_is_told_against_and_the_best_is_kept(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", SMALL, "--data", "digits:train", "--images", "1k", "--quiet", "--out"]
    assert run([*command, "g", "--held-out", "digits:test", "--features", "pixels(size=4)", "--keep", "2"]) == 0
    printed = capsys.readouterr().out
    result = json.loads((here / "g" / "result.json").read_text())
    figure, best = result["figure"], result["kept"][0]
    assert f"fid[pixels@4] {figure['value']:.4g} (" in printed
    assert "against half of 359 images of digits:test, held out, the best of 32 looks, after" in printed
    assert len(list((here / "g" / "checkpoints").iterdir())) == len(result["kept"]) == 2
    assert "chosen" in (here / "g" / "report.html").read_text()
    for which in ("best", "last", str(best["images"])):
        assert run(["sample", "g", "--n", "5", "--out", f"{which}.npz", "--which", which]) == 0
    arrays = {which: np.load(f"{which}.npz")["images"] for which in ("best", "last", str(best["images"]))}
    assert (arrays["best"] == arrays[str(best["images"])]).all()
    capsys.readouterr()
    assert run(["sample", "g", "--which", "7"]) == 2
    assert f"{best['images']}" in capsys.readouterr().err
    assert run([*command, "few"]) == 0
    assert "against half of the 1438 training images: too few to hold any out" in capsys.readouterr().out


def test_progress_tells_the_figure_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 images in 10 s, begun at 100 by a process that went on with a run: 200 more of 400 take 20 s."""
    from sparring.cli import train as module

    clock = iter([0.0, 10.0, 20.0])
    told: list[tuple[int, str]] = []
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    class Bar:
        def __init__(self, title: str, total: int, *, quiet: bool) -> None:
            assert total == 400

        def __enter__(self) -> None: ...

        def advance(self, count: int, figure: str) -> None:
            told.append((count, figure))

    monkeypatch.setattr(module, "Bar", Bar)
    progress = module._Progress(quiet=False)
    look = {"event": "evaluate", "of": 4, "figure": 9.87654, "spread": 0.9, "copies": 0.25}
    progress(look | {"round": 1, "images": 100})
    progress(look | {"round": 2, "images": 200})
    progress({"event": "rollback", "number": 1, "to_images": 100})
    progress({"event": "train", "of": 4, "round": 3, "images": 300})
    assert told == [
        (100, "figure 9.877, spread 0.90, twins 25%"),
        (100, "figure 9.877, spread 0.90, twins 25% (10 images/s, 0:20 left)"),
        (100, "ROLLBACK 1 to 100 images (10 images/s, 0:10 left)"),
    ]


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


def test_the_game_of_one_number_has_its_data_and_a_film_in_its_report(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "toy1d(nets=dense(latent=1, hidden=(8,)))", "--images", "256", "--out", "g", "--quiet"]
    assert run(command) == 0
    printed = capsys.readouterr().out
    assert "on toy1d:train: 258 images in" in printed
    assert f"film: {Path('g') / 'game.gif'}\n" in printed
    assert "--n 1000 --out samples.npz" in printed
    assert "fid[cosines@16]" in printed
    assert len(list((here / "g" / "frames").iterdir())) == 3
    page = (here / "g" / "report.html").read_text()
    assert page.count("data:image/gif;base64,") == 1
    assert 'alt="film of the training:' in page


def test_any_gan_on_an_array_of_numbers_has_a_film(here: Path) -> None:
    np.savez("numbers.npz", x=np.linspace(0, 1, 100, dtype=np.float32)[:, None])
    gan = "baseline(nets=dense(latent=2, hidden=(8,)))"
    assert run(["train", gan, "--data", "numbers.npz", "--images", "64", "--out", "g", "--quiet"]) == 0
    with Image.open(here / "g" / "game.gif") as film:
        assert film.n_frames == len(list((here / "g" / "frames").iterdir())) >= 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["train", "dcgann", "--data", "digits"], "did you mean 'dcgan'"),
        (["train", "dcgan"], "expected --data"),
        (["train", "toy1d", "--data", "digits", "--features", "cosine"], "did you mean 'cosines'"),
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
