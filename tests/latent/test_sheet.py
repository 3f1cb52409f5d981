"""Where each picture stands on a sheet."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.latent import SIGNS, sheet


def test_pictures_stand_in_their_rows_enlarged_by_whole_numbers() -> None:
    a, b, c = torch.rand(3, 3, 20, 30)
    whole = sheet([[a, b], [None, c]])
    assert whole.shape == (3, 2 * 40 + 2, 2 * 60 + 2)
    for image, top, left in ((a, 0, 0), (b, 0, 62), (c, 42, 62)):
        tile = whole[:, top : top + 40, left : left + 60]
        assert torch.equal(tile[:, ::2, ::2], (image * 255).round().to(torch.uint8))
        assert torch.equal(tile[:, ::2, ::2], tile[:, 1::2, 1::2])
    assert (whole[:, 42:, :60] == 255).all()
    assert (whole[:, 40:42] == 255).all()


def test_signs_are_told_apart_and_other_channels_shown_gray() -> None:
    tiles = [sheet([[torch.zeros(2, 32, 32), sign]])[0, :, 66:] for sign in SIGNS]
    assert all((tile == 0).any() for tile in tiles)
    assert len({tuple(tile.flatten().tolist()) for tile in tiles}) == 3
    assert torch.equal(tiles[0], tiles[0].T), "a plus stands as it lies"
    assert not torch.equal(tiles[1], tiles[1].T)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([[None, "+"]], "that are none"),
        ([[torch.zeros(4)]], "that are none"),
        ([[torch.zeros(1, 4, 4), torch.zeros(1, 5, 4)]], "of one shape"),
        ([[torch.zeros(1, 4, 4), "x"]], "one of the signs"),
    ],
)
def test_what_cannot_be_drawn_is_refused(rows, line: str) -> None:
    with pytest.raises(InputError, match=line):
        sheet(rows)
