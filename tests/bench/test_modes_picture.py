"""Points stand where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image

from sparring.bench._modes_picture import CENTER, PAPER, POINT, SIDE, STILL, Film, picture, pictures, png
from sparring.modes.problems.diagonal import Diagonal
from sparring.modes.problems.grid import Grid
from sparring.modes.problems.stacked import Stacked


def _places(drawn: Image.Image, color: tuple[int, int, int]) -> list[tuple[int, int]]:
    return [(x, y) for x in range(SIDE) for y in range(SIDE) if drawn.getpixel((x, y)) == color]


def test_a_point_at_the_upper_right_is_drawn_there_and_centers_are_gray() -> None:
    drawn = picture(Grid(), torch.tensor([[5.9, 5.9]]))
    found = _places(drawn, POINT)
    assert found
    assert all(x > 0.95 * SIDE and y < 0.05 * SIDE for x, y in found)
    assert drawn.getpixel((SIDE // 2, SIDE // 2)) == CENTER
    assert drawn.getpixel((0, 0)) == PAPER


def test_in_many_dimensions_samples_too_much_alike_lie_below_the_real_ones() -> None:
    """c = 10 of a box of 20 is three quarters to the right; deviations of 1 and ½ are half and a quarter up."""
    problem = Diagonal()
    x = problem.centers()[[6]].float()
    x[:, :700] += torch.randn(700, generator=torch.Generator().manual_seed(0))
    half = problem.centers()[[6]].float() + 0.5 * (x - problem.centers()[[6]].float())
    for points, up in ((x, 0.5), (half, 0.25)):
        found = _places(picture(problem, points), POINT)
        assert found
        assert all(abs(column / SIDE - 0.75) < 0.03 for column, _ in found)
        assert all(abs((1 - row / SIDE) - up) < 0.03 for _, row in found)
    assert len(_places(picture(problem, x + 100), CENTER)) > 10 * 9


def test_of_pictures_the_first_ones_are_shown_in_their_colors() -> None:
    x = torch.zeros(70, 3, 28, 28)
    x[0, 0] = 1
    drawn = picture(Stacked(), x)
    assert drawn.size == (8 * 28 + 14, 8 * 28 + 14)
    assert [drawn.getpixel((5, 5)), drawn.getpixel((35, 5))] == [(255, 0, 0), (0, 0, 0)]


def test_a_film_has_a_picture_a_look(tmp_path: Path) -> None:
    film = Film(Grid(), tmp_path / "grid" / "gan")
    film.finish(tmp_path / "grid" / "gan" / "samples.gif")
    assert not list(tmp_path.rglob("*.gif")), "of no looks there is none"
    for images in (10, 20, 30):
        film.take(images, torch.full((4, 2), images / 10))
    film.finish(tmp_path / "grid" / "gan" / "samples.gif")
    with Image.open(tmp_path / "grid" / "gan" / "samples.gif") as moving:
        assert moving.n_frames == 3
    (tmp_path / "grid" / "vae").mkdir()
    for method in ("gan", "vae"):
        (tmp_path / "grid" / method / STILL).write_bytes(png(picture(Grid(), torch.ones(1, 2))))
    drawn: list[dict[str, Any]] = [{"name": "gan"}, {"name": "vae"}, {"name": "x"}]
    gan, vae = pictures({"grid": drawn}, tmp_path)["grid"]
    assert gan[1][:3] == b"GIF"
    assert vae[1][:4] == b"\x89PNG"
