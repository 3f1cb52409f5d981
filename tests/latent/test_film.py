"""GIFs frame by frame; MP4s by what the program is given."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.errors import InputError
from sparring.latent import write_film

FRAMES = [torch.full((1, 5, 8), level, dtype=torch.uint8) for level in (0, 100, 255, 40)]


def test_a_gif_shows_each_frame_as_long_and_begins_anew(tmp_path: Path) -> None:
    with Image.open(write_film(tmp_path / "film.gif", FRAMES, rate=20)) as film:
        assert film.n_frames == 4
        assert film.info["loop"] == 0
        for place, frame in enumerate(FRAMES):
            film.seek(place)
            assert film.info["duration"] == 50
            assert (np.asarray(film.convert("L")) == frame[0].numpy()).all()


def test_colors_are_kept(tmp_path: Path) -> None:
    frame = torch.zeros(3, 4, 4, dtype=torch.uint8)
    frame[0, :2], frame[2, 2:] = 255, 200
    with Image.open(write_film(tmp_path / "film.gif", [frame, frame.flip(1)])) as film:
        film.seek(1)
        assert (np.asarray(film.convert("RGB")).transpose(2, 0, 1) == frame.flip(1).numpy()).all()


PROGRAM = """#!{python}
import pathlib, sys
raw = sys.stdin.buffer.read()
if {fails}:
    sys.exit("Unknown encoder 'libx264'")
pathlib.Path(sys.argv[-1]).write_bytes(" ".join(sys.argv[1:-1]).encode() + b"|" + raw)
"""


def a_program(folder: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool) -> None:
    program = folder / "ffmpeg"
    program.write_text(PROGRAM.format(python=sys.executable, fails=fails))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_an_mp4_is_made_of_raw_frames_with_even_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(tmp_path, monkeypatch, fails=False)
    told, raw = write_film(tmp_path / "film.mp4", FRAMES, rate=12.5).read_bytes().split(b"|", 1)
    assert b"-pix_fmt gray -s 8x6 -r 12.5 -i - " in told
    shown = np.frombuffer(raw, np.uint8).reshape(4, 6, 8)
    assert (shown[:, :5] == torch.stack(FRAMES)[:, 0].numpy()).all()
    assert (shown[:, 5] == 255).all()


def test_a_program_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(tmp_path, monkeypatch, fails=True)
    with pytest.raises(InputError, match=r"got: Unknown encoder 'libx264': take FILE.gif"):
        write_film(tmp_path / "film.mp4", FRAMES)
    assert not (tmp_path / "film.mp4").exists()


def test_without_a_program_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "imageio_ffmpeg":
            raise ImportError
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"take FILE.gif, or install ffmpeg or imageio-ffmpeg"):
        write_film(tmp_path / "film.mp4", FRAMES)


def test_other_endings_rates_and_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"as FILE.gif or FILE.mp4"):
        write_film(tmp_path / "film.avi", FRAMES)
    for frames, rate in (([], 10), (FRAMES, 0), (FRAMES, 60)):
        with pytest.raises(InputError, match="at least one frame"):
            write_film(tmp_path / "film.gif", frames, rate)
