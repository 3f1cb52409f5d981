"""Looks at samples: what is planted is found, and looking changes nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.games import Player, Table
from sparring.gan import Gan, codes, generate
from sparring.gan.nets import Generator
from sparring.train._looks import GRIDS, SAMPLES, Looks, png


class Body(nn.Module):
    """Codes to numbers of an image, by any function, with a weight that moves nothing."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        return self.function(z) + self.weight


def data() -> Dataset:
    generator = torch.Generator().manual_seed(0)
    return Dataset(0.5 + 0.4 * torch.rand(400, 1, 4, 4, generator=generator) - 0.2)


def looked(function, folder: Path | None = None) -> dict[str, float]:
    module = Generator(Body(function), (1, 4, 4), latent=16)
    table = Table({"generator": Player(module, torch.optim.SGD(module.parameters(), lr=0.0))})
    return Looks(data(), 16, 0, folder)(table)


def test_samples_as_far_apart_as_real_images():
    figures = looked(lambda z: 0.8 * (torch.special.ndtr(z) - 0.5))
    assert figures["spread"] == pytest.approx(1, abs=0.1)
    assert figures["copies"] == 0


def test_one_image_for_every_code():
    assert looked(lambda z: 0 * z) == {"spread": 0.0, "copies": 1.0}


def test_a_few_images_for_all_codes_are_twins_though_they_are_far_apart():
    """Collapse to modes: the mean distance alone does not show it."""
    figures = looked(lambda z: z[:, :1].sign().expand(-1, 16))
    assert figures["spread"] > 1
    assert figures["copies"] == 1


def test_the_average_is_compared_with_the_weights():
    unit = Gan()
    generator, discriminator = unit.build((1, 8, 8))
    table = unit.table(unit.game(generator, discriminator))
    data = Dataset(torch.rand(300, 1, 8, 8))
    looks = Looks(data, generator.latent, 0, None)
    assert looks(table)["apart"] == 0
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    raw = generate(generator, SAMPLES, z=codes(SAMPLES, generator.latent, 0)).flatten(1)
    average = table.players["generator"].average
    kept = generate(average.module, SAMPLES, z=codes(SAMPLES, generator.latent, 0)).flatten(1)
    real = data.images(data.subset(SAMPLES, 0)).flatten(1)
    mean = sum(float((real[i] - real[j]).norm()) for i in range(40) for j in range(40)) / (40 * 39)
    want = float((kept - raw).norm(dim=1).mean()) / mean
    assert looks(table)["apart"] == pytest.approx(want, rel=0.02)  # 40 real images of 256 stand for all


def test_nothing_is_drawn_and_nothing_changed():
    """G25: global random numbers, modes and weights are left as found."""
    unit = Gan()
    generator, discriminator = unit.build((1, 8, 8))
    table = unit.table(unit.game(generator, discriminator))
    generator.train()
    looks = Looks(Dataset(torch.rand(300, 1, 8, 8)), generator.latent, 0, None)
    state, before = torch.get_rng_state(), [p.clone() for p in generator.parameters()]
    assert looks(table) == looks(table)
    assert torch.equal(torch.get_rng_state(), state)
    assert generator.training
    assert all(torch.equal(a, b) for a, b in zip(before, generator.parameters(), strict=True))


def test_a_picture_is_left_under_the_number_of_images(tmp_path: Path):
    looked(lambda z: z, tmp_path)
    (path,) = (tmp_path / GRIDS).iterdir()
    assert path.name == "0000000000.png"
    with Image.open(path) as sheet:
        assert sheet.size == (32, 32)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (2, "L")])
def test_a_sheet_holds_every_image_to_the_level(channels, mode):
    """G2: every k/255 comes back as k; five images stand in two rows of three."""
    levels = torch.randint(0, 256, (5, channels, 3, 4), dtype=torch.uint8)
    sheet = Image.open(io.BytesIO(png(levels.float() / 255)))
    assert (sheet.size, sheet.mode) == ((12, 6), mode)
    if channels == 1:
        assert sheet.getpixel((4, 3)) == int(levels[4, 0, 0, 0])
        assert sheet.getpixel((11, 5)) == 0
