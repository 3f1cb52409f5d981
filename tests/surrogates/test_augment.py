"""Augmentation by hand: a step along the slope of the victim's label, its sign, who has offspring, and none twice."""

from __future__ import annotations

import torch
from torch import nn

from sparring.surrogates._augment import moved, offspring, parents, sign_of, unlike


def test_a_step_along_the_slope_of_the_label_the_victim_gave() -> None:
    """Not of the label the net would give: z = (x₀ − x₁, 2 x₁), and the slopes are (1, −1) and (0, 2)."""
    net = nn.Linear(2, 2, bias=False).requires_grad_(False)
    net.weight.copy_(torch.tensor([[1.0, -1.0], [0.0, 2.0]]))
    x = torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.98, 0.05]])
    moved = offspring(net, x, torch.tensor([0, 1, 0]), 0.1)
    torch.testing.assert_close(moved, torch.tensor([[0.6, 0.4], [0.5, 0.6], [1.0, 0.0]]))
    back = offspring(net, x, torch.tensor([0, 1, 0]), -0.1)
    torch.testing.assert_close(back, torch.tensor([[0.4, 0.6], [0.5, 0.4], [0.88, 0.15]]))


def test_parts_and_the_whole_are_the_same() -> None:
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 3)).requires_grad_(False)
    x, y = torch.rand(1100, 3), torch.arange(1100) % 3
    alone = torch.cat([offspring(net, x[i : i + 1], y[i : i + 1], 0.2) for i in (0, 499, 500, 1099)])
    torch.testing.assert_close(offspring(net, x, y, 0.2)[[0, 499, 500, 1099]], alone)


def test_the_sign_turns_every_few_rounds_or_never() -> None:
    assert [sign_of(number, 3) for number in range(7)] == [1, 1, 1, -1, -1, -1, 1]
    assert [sign_of(number, 0) for number in range(7)] == [1] * 7


def test_all_have_offspring_until_the_reservoir_begins() -> None:
    def chosen(number: int, reservoir: int) -> list[int]:
        return parents(10, number, 2, reservoir, torch.Generator().manual_seed(1)).tolist()

    assert sorted(chosen(1, 4)) == list(range(10))
    assert len(set(chosen(2, 4))) == 4
    assert sorted(chosen(2, 0)) == list(range(10))


def test_every_image_is_as_likely_to_be_drawn() -> None:
    draws = torch.Generator().manual_seed(0)
    counts = torch.bincount(torch.cat([parents(10, 0, 0, 3, draws) for _ in range(2000)]), minlength=10)
    assert ((counts - 600).abs() < 100).all()  # five standard deviations


def test_what_is_known_already_is_not_worth_a_query() -> None:
    known = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
    new = torch.tensor([[0.5, 0.6], [0.3, 0.4], [0.5, 0.6], [0.2, 0.1]])
    assert unlike(new, known).tolist() == [0, 3]


def test_moved_images_are_near_and_each_by_itself() -> None:
    """A spot in the middle wanders by at most its share of half a width, √2 / 0.8 of it when turned and made larger."""
    x = torch.zeros(200, 1, 21, 21)
    x[:, :, 9:12, 9:12] = 1
    seen = moved(x, 0.2, torch.Generator().manual_seed(0))
    place = torch.arange(21.0) - 10
    mass = seen.sum((1, 2, 3))
    down, across = (seen.sum((1, 3)) * place).sum(1) / mass, (seen.sum((1, 2)) * place).sum(1) / mass
    for center in (down, across):
        assert center.abs().max() <= 0.2 * 10.5 * 2**0.5 / 0.8
        assert center.std() > 0.5
    assert (mass / 9).min() > 0.6
    assert (mass / 9).max() < 1.7
    assert seen.min() >= 0
    assert seen.max() <= 1


def test_features_are_not_moved() -> None:
    x = torch.rand(4, 9)
    assert moved(x, 0.5, torch.Generator()) is x
