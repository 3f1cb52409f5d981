"""Folders of pictures."""

import pytest
import torch

from sparring.data import load_data, write_png
from sparring.errors import InputError


def picture(level: int, channels: int = 1, side: int = 4) -> torch.Tensor:
    return torch.full((channels, side, side), level, dtype=torch.uint8)


def test_class_folders_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 2, 0):
        write_png(tmp_path / str(number) / "b.png", picture(number))
        write_png(tmp_path / str(number) / "deeper" / "a.png", picture(number + 1))
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("not a picture")
    data = load_data(tmp_path)
    assert data.classes == ("0", "2", "10")
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 10, 11]
    assert data.files[-1] == str(tmp_path / "10" / "deeper" / "a.png")
    assert data.shape == (1, 4, 4)
    assert data.pixels.dtype == torch.uint8


def test_an_empty_class_keeps_its_place(tmp_path):
    (tmp_path / "ant").mkdir()
    write_png(tmp_path / "bee" / "x.png", picture(1))
    data = load_data(tmp_path)
    assert data.classes == ("ant", "bee")
    assert data.labels.tolist() == [1]


def test_pictures_alone_have_no_labels(tmp_path):
    write_png(tmp_path / "b.png", picture(2))
    write_png(tmp_path / "a.png", picture(1, channels=3))
    data = load_data(str(tmp_path))
    assert data.labels is None
    assert data.shape == (3, 4, 4)  # one picture has color, so all do
    assert data.pixels[:, 2, 0, 0].tolist() == [1, 2]
    assert load_data(tmp_path, channels=1).shape == (1, 4, 4)


def test_sizes_that_differ_are_told_unless_a_size_is_given(tmp_path):
    write_png(tmp_path / "a.png", picture(1))
    write_png(tmp_path / "b.png", picture(1, side=6))
    with pytest.raises(InputError, match=r"got 4x4 in .*a\.png and 6x6 in .*b\.png: .*--size 224"):
        load_data(tmp_path)
    assert load_data(tmp_path, size=5).shape == (1, 5, 5)


def test_no_pictures_or_pictures_in_two_places(tmp_path):
    (tmp_path / "cats").mkdir()
    with pytest.raises(InputError, match="expected pictures"):
        load_data(tmp_path)
    write_png(tmp_path / "cats" / "a.png", picture(1))
    write_png(tmp_path / "b.png", picture(1))
    with pytest.raises(InputError, match=r"got both \(cats/ and b\.png\)"):
        load_data(tmp_path)


def test_one_picture(tmp_path):
    path = write_png(tmp_path / "x.png", picture(9, channels=3))
    data = load_data(path, size=2)
    assert data.shape == (3, 2, 2)
    assert len(data) == 1
    assert data.files == (str(path),)


def test_a_corrupt_picture_in_a_folder_is_named(tmp_path):
    write_png(tmp_path / "a" / "good.png", picture(1))
    (tmp_path / "a" / "bad.jpg").write_bytes(b"\xff\xd8 nothing more")
    with pytest.raises(InputError, match=r"bad\.jpg"):
        load_data(tmp_path)
