"""Ways between codes against their closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import codes, generate
from sparring.latent import interpolate, path, tour


def test_a_quarter_of_a_circle_is_walked_at_constant_speed() -> None:
    way = path(torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 2.0]]), 7)[0]
    angles = torch.linspace(0, math.pi / 2, 7)
    expected = 2 * torch.stack([angles.cos(), torch.zeros(7), angles.sin()], 1)
    assert torch.allclose(way, expected, atol=1e-6)


def test_a_straight_way_loses_length_in_the_middle_and_one_on_the_sphere_does_not() -> None:
    a, b = codes(50, 100, 0), codes(50, 100, 1)
    middle = {straight: path(a, b, 3, straight=straight)[:, 1] for straight in (False, True)}
    assert torch.allclose(middle[True], (a + b) / 2, atol=1e-6)
    assert torch.allclose(middle[False].norm(dim=1), (a.norm(dim=1) + b.norm(dim=1)) / 2, rtol=1e-5)
    share = (middle[True].norm(dim=1) / middle[False].norm(dim=1)).mean()
    assert share == pytest.approx(math.sqrt(0.5), abs=0.02), "orthogonal codes of one length"


def test_at_equal_lengths_it_is_the_formula_of_the_paper() -> None:
    a, b = (torch.nn.functional.normalize(codes(20, 6, seed), dim=1) for seed in (0, 1))
    t = torch.linspace(0, 1, 9)[:, None]
    angle = (a * b).sum(1).acos()[:, None, None]
    formula = (((1 - t) * angle).sin() * a[:, None] + (t * angle).sin() * b[:, None]) / angle.sin()
    assert torch.allclose(path(a, b, 9), formula, atol=1e-5)


@pytest.mark.parametrize("b", [[-3.0, 0.0, 0.0], [3.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
def test_opposite_equal_and_empty_codes_have_a_way_too(b: list[float]) -> None:
    a, end = torch.tensor([[3.0, 0.0, 0.0]]), torch.tensor([b])
    way = path(a, end, 5)[0]
    assert way.isfinite().all()
    assert torch.equal(way[0], a[0])
    assert torch.equal(way[-1], end[0])
    lengths = torch.linspace(3.0, end.norm().item(), 5)
    assert torch.allclose(way.norm(dim=1), lengths, atol=1e-5), "also opposite ones keep their length"


def test_a_tour_comes_back_without_showing_a_point_twice() -> None:
    points = codes(3, 4, 0)
    way = tour(points, 5)
    assert way.shape == (15, 4)
    assert torch.equal(way[::5], points)
    assert torch.equal(torch.cat([way, points[:1]])[10:16], path(points[2:], points[:1], 6)[0])


def test_images_are_those_of_the_codes_on_the_way(linear, linear_of_two) -> None:
    a, b = codes(4, 5, 0), codes(4, 5, 1)
    film = interpolate(linear, a, b, 3, straight=True)
    assert film.shape == (4, 3, 1, 4, 4)
    assert torch.allclose(film[:, 1], (film[:, 0] + film[:, 2]) / 2, atol=1e-6), "linear in, linear out"
    film = interpolate(linear_of_two, a, b, 2)
    for row, label in enumerate((0, 1, 0, 1)):
        alone = generate(linear_of_two, 1, z=b[row][None], labels=torch.tensor([label]))[0]
        assert torch.allclose(film[row, 1], alone, atol=1e-6)
    film = interpolate(linear_of_two, a, b, 2, labels=torch.ones(4, dtype=torch.int64))
    alone = generate(linear_of_two, 1, z=a[2][None], labels=torch.tensor([1]))[0]
    assert torch.allclose(film[2, 0], alone, atol=1e-6)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="at both ends"):
        path(torch.zeros(2, 3), torch.zeros(2, 4), 5)
    with pytest.raises(InputError, match="at least 2 steps"):
        path(torch.zeros(2, 3), torch.zeros(2, 3), 1)
    with pytest.raises(InputError, match="at least 1 step"):
        tour(torch.zeros(2, 3), 0)
