"""Points stand where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image

from sparring.bench._modes_picture import CENTER, PAPER, POINT, SIDE, Scatter, pictures, scatter
from sparring.modes.problems.grid import Grid


def test_a_point_at_the_upper_right_is_drawn_there_and_centers_are_gray() -> None:
    picture = scatter(Grid(), torch.tensor([[5.9, 5.9]]))
    found = [(x, y) for x in range(SIDE) for y in range(SIDE) if picture.getpixel((x, y)) == POINT]
    assert found
    assert all(x > 0.95 * SIDE and y < 0.05 * SIDE for x, y in found)
    assert picture.getpixel((SIDE // 2, SIDE // 2)) == CENTER
    assert picture.getpixel((0, 0)) == PAPER


def test_a_film_has_a_picture_a_look(tmp_path: Path) -> None:
    film = Scatter(Grid(), tmp_path / "grid" / "gan")
    for images in (10, 20, 30):
        film.take(images, torch.full((4, 2), images / 10))
    film.finish(tmp_path / "grid" / "gan" / "samples.gif")
    with Image.open(tmp_path / "grid" / "gan" / "samples.gif") as moving:
        assert moving.n_frames == 3
    drawn: list[dict[str, Any]] = [
        {"name": "gan", "points": [[0.0, 0.0]]},
        {"name": "vae", "points": [[1.0, 1.0]]},
        {"name": "x"},
    ]
    (gan, vae) = pictures({"grid": drawn}, tmp_path)["grid"]
    assert gan[1][:3] == b"GIF"
    assert vae[1][:4] == b"\x89PNG"
