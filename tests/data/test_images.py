"""Pictures and levels, exact both ways; damage is named."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import read_image, write_png
from sparring.data._images import refit
from sparring.errors import InputError

EVERY = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)


@pytest.mark.parametrize("channels", [1, 3])
def test_G2_T14_every_level_survives_the_file(tmp_path, channels):
    image = torch.cat([EVERY, EVERY.flip(1), EVERY.mT])[:channels]
    assert torch.equal(read_image(write_png(tmp_path / "u.png", image)), image)
    as_float = image.float() / 255
    assert torch.equal(read_image(write_png(tmp_path / "f.png", as_float)), image)
    just_below = torch.nextafter(as_float, torch.tensor(-1.0))  # truncation would lose a level
    assert torch.equal(read_image(write_png(tmp_path / "b.png", just_below)), image)
    by_reciprocal = image.float() * (1 / 255)  # off by an ulp, as some devices divide
    assert torch.equal(read_image(write_png(tmp_path / "r.png", by_reciprocal)), image)


@pytest.mark.parametrize("value", [100.5 / 255, 1.5, -0.2, float("nan")])
def test_T14_values_between_levels_are_not_rounded_in_silence(tmp_path, value):
    image = torch.zeros(1, 2, 2)
    image[0, 0, 1] = value
    with pytest.raises(InputError, match="got 1 others: round first"):
        write_png(tmp_path / "x.png", image)
    assert list(tmp_path.iterdir()) == []


def test_only_pictures_are_written(tmp_path):
    with pytest.raises(InputError, match=r"got \(2, 4, 4\)"):
        write_png(tmp_path / "x.png", torch.zeros(2, 4, 4))


def test_the_camera_rotation_is_applied(tmp_path):
    picture = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees
    picture.save(tmp_path / "turned.png", exif=exif)
    assert read_image(tmp_path / "turned.png")[0].tolist() == [[3, 0], [4, 1], [5, 2]]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(tmp_path, mode):
    color = (10, 20, 30, 0) if mode == "RGBA" else (10, 0)
    Image.new(mode, (2, 2), color).save(tmp_path / "clear.png")
    image = read_image(tmp_path / "clear.png")
    assert image.shape[0] == (3 if mode == "RGBA" else 1)
    assert image.unique().tolist() == [255]


def test_sixteen_bits_are_rounded_to_eight(tmp_path):
    Image.fromarray(np.array([[0, 257 * 7 + 100, 65535]], dtype=np.uint16)).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png").tolist() == [[[0, 7, 255]]]


def test_T46_the_whole_picture_is_resized(tmp_path):
    image = torch.zeros(3, 8, 16, dtype=torch.uint8)
    image[:, :, 12:] = 200  # the right quarter, which a center crop would lose
    path = write_png(tmp_path / "wide.png", image)
    assert read_image(path, size=(4, 6)).shape == (3, 4, 6)
    small = read_image(path, size=4, channels=1)
    assert small.shape == (1, 4, 4)
    assert small[0, :, -1].float().mean() > 150


def test_size_and_channels_are_checked(tmp_path):
    path = write_png(tmp_path / "x.png", EVERY)
    for size in (0, (4, -1), (1, 2, 3)):
        with pytest.raises(InputError, match="expected a size"):
            read_image(path, size=size)
    with pytest.raises(InputError, match="expected 1 channel"):
        read_image(path, channels=2)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "header"])
def test_a_damaged_picture_is_named(tmp_path, damage):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(buffer, "PNG")
    whole = buffer.getvalue()
    content = {
        "cut": whole[:500],
        "garbage": b"not a picture",
        "empty": b"",
        "header": whole[:20] + whole[30:],
    }
    path = tmp_path / "broken.png"
    path.write_bytes(content[damage])
    with pytest.raises(InputError, match=r"broken\.png, got a file that does not read"):
        read_image(path)


def test_damaged_notes_beside_the_pixels_do_no_harm(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a description"
    path = tmp_path / "x.jpg"
    Image.new("RGB", (4, 4), "red").save(path, exif=exif)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"\x01\x0e\x00\x02\x00\x00\x00", b"\x01\x0e\x00\x02\x7f\x00\x00"))
    assert path.read_bytes() != whole
    assert read_image(path).shape == (3, 4, 4)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(InputError, match="got nothing there"):
        read_image(tmp_path / "none.png")


def test_tensors_are_resized_and_recolored_as_files_are(tmp_path):
    image = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (3, 20, 30), dtype=np.uint8))
    path = write_png(tmp_path / "x.png", image)
    assert torch.equal(refit(image, (10, 12), None), read_image(path, (10, 12)))
    gray = (refit(image, None, 1).int() - read_image(path, None, 1).int()).abs()
    assert gray.max() <= 1  # Pillow's integer arithmetic may round the other way
    edges = (image > 127).float()
    resized = refit(edges, 10, None)
    assert 0 <= resized.min() < resized.max() <= 1
