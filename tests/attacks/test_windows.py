"""Windows: how large, where, and what is in them."""

from __future__ import annotations

import pytest
import torch

from sparring.attacks._windows import Places, bumps, draws, planes, share, window
from sparring.core.seeds import Streams


def test_the_share_is_halved_nine_times() -> None:
    at = [0, 5, 6, 25, 26, 100, 101, 250, 251, 500, 501, 1000, 1001, 2000, 2001, 3000, 3001, 4000, 4001, 4999]
    halvings = [round(torch.tensor(0.8 / share(0.8, query, 5000)).log2().item()) for query in at]
    assert halvings == [n // 2 for n in range(20)]
    assert share(0.8, 5, 50) == 0.8 / 2**4  # 10 % of the queries, whatever their number


@pytest.mark.parametrize(
    ("part", "height", "width", "odd", "sides"),
    [
        (0.8, 28, 28, False, (25, 25)),
        (0.8, 28, 28, True, (25, 25)),
        (0.01, 28, 28, False, (3, 3)),
        (0.02, 28, 28, True, (5, 5)),
        (0.0001, 28, 28, False, (1, 1)),
        (0.0001, 28, 28, True, (3, 3)),
        (0.0001, 4, 4, True, (1, 1)),
        (0.5, 1, 100, False, (1, 50)),
        (0.5, 4, 100, False, (4, 50)),
        (0.5, 100, 4, False, (50, 4)),
        (1.0, 6, 6, True, (6, 6)),
    ],
)
def test_the_sides_of_a_window(part: float, height: int, width: int, odd: bool, sides: tuple[int, int]) -> None:
    assert window(part, height, width, odd=odd) == sides


def test_windows_stand_anywhere_and_nowhere_else() -> None:
    places, uniform = Places((2, 3), 4, 5), Streams(torch.arange(300)).uniform((2,))
    at = places.at(uniform[:, 0], uniform[:, 1])
    assert at.shape == (300, 1, 6)
    corner = at[:, 0, 0]
    assert set(corner.tolist()) == {row * 5 + column for row in range(3) for column in range(3)}
    assert torch.equal(at[:, 0] - corner[:, None], torch.tensor([0, 1, 2, 5, 6, 7]).expand(300, 6))
    last = places.at(torch.tensor([1 - 2**-24]), torch.tensor([1 - 2**-24]))
    assert int(last.max()) == 19


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("sides", [(5, 5), (6, 6), (1, 1), (1, 7), (2, 3)])
def test_a_bump_beside_its_negative(sides: tuple[int, int], order: int) -> None:
    pair = bumps(sides, order, torch.zeros(1, dtype=torch.float64)).view(2, *sides)
    assert torch.allclose(pair.flatten(1).norm(p=order, dim=1), torch.ones(2, dtype=torch.float64))
    if sides[0] > 1:
        top, bottom = pair[0, : sides[0] // 2], pair[0, sides[0] // 2 :]
        assert (top > 0).all()
        assert (bottom < 0).all()
        assert torch.allclose(top.flatten().norm(p=order), bottom.flatten().norm(p=order))
    if sides[0] == sides[1]:
        assert torch.equal(pair[0], pair[1].T)


def test_the_height_of_a_bump() -> None:
    """Rings of 1 + 1/4, 1/4 around the middle of 3 x 3 in L2, where those of 2 rows make the upper half of 5 x 3."""
    lower = bumps((5, 3), 2, torch.zeros(1, dtype=torch.float64))[0].view(5, 3)[2:]
    expected = torch.full((3, 3), -0.25, dtype=torch.float64)
    expected[1, 1] = -1.25
    assert torch.allclose(lower / lower[0, 0].abs(), expected / 0.25)


def test_every_query_has_numbers_of_its_own() -> None:
    """T31: and they do not depend on the company."""
    many = list(draws(Streams(torch.arange(4)), 150, 3))
    assert len(many) == 150
    assert all(each.shape == (4, 3) for each in many)
    assert len(set(torch.stack(many).flatten().tolist())) == 150 * 12
    alone = list(draws(Streams(torch.arange(2, 3)), 150, 3))
    assert all(torch.equal(one[0], four[2]) for one, four in zip(alone, many, strict=True))


def test_images_of_any_shape_have_planes() -> None:
    for shape, expected in (((7,), (1, 1, 7)), ((2, 9), (2, 1, 9)), ((3, 4, 5), (3, 4, 5)), ((3, 2, 4, 5), (3, 8, 5))):
        assert planes(torch.zeros(2, *shape)) == expected
