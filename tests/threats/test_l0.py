"""L0 against trying every subset of coordinates; ties, counts, and what a step keeps."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from sparring.core.seeds import Streams
from sparring.threats.l0 import L0

CASES = [(seed, count) for seed in range(8) for count in (1, 2, 3, 6)]


def subsets(count: int) -> list[list[int]]:
    return [list(kept) for size in range(count + 1) for kept in itertools.combinations(range(6), size)]


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.choice([0.0, 0.1, 0.5, 0.95, 1.0], 6), generator.normal(0.5, 1.0, 6)


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_projection_is_as_near_as_the_best_subset(seed: int, count: int) -> None:
    x, z = draw(seed)
    best = math.inf
    for kept in subsets(count):
        p = x.copy()
        p[kept] = z[kept].clip(0, 1)
        best = min(best, ((p - z) ** 2).sum())
    found = L0(count).project(torch.tensor(x)[None], torch.tensor(z)[None])[0].numpy()
    assert (found != x).sum() <= count
    assert ((found - z) ** 2).sum() == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_extreme_reaches_as_far_as_the_best_subset(seed: int, count: int) -> None:
    x, g = draw(seed)
    reach = np.where(g > 0, g * (1 - x), -g * x)
    best = max(reach[kept].sum() for kept in subsets(count))
    found = L0(count).extreme(torch.tensor(x)[None], torch.tensor(g)[None])[0].numpy()
    assert (found != x).sum() <= count
    assert (g * (found - x)).sum() == pytest.approx(best, abs=1e-12)


def test_ties_keep_no_more_than_the_count() -> None:
    x = torch.zeros(3, 6)
    assert (L0(2).project(x, x + 0.5) != x).sum(1).tolist() == [2, 2, 2]
    assert (L0(2).extreme(x, torch.ones(3, 6)) != x).sum(1).tolist() == [2, 2, 2]


def test_a_fractional_radius_is_rounded_down() -> None:
    x = torch.zeros(1, 6)
    assert int((L0(2.9).project(x, x + 0.5) != x).sum()) == 2
    assert not L0(2.9).contains(x, torch.tensor([[1.0, 1, 1, 0, 0, 0]])).item()


def test_an_infinite_count_contains_every_image_of_the_box() -> None:
    assert L0(math.inf).contains(torch.zeros(1, 6), torch.ones(1, 6)).item()


def test_step_moves_as_many_coordinates_as_asked_and_resets_the_least_useful() -> None:
    threat = L0(2)
    x, gradient = torch.full((1, 4), 0.5), torch.tensor([[1.0, 4.0, -3.0, 2.0]])
    once = threat.step(x, x, gradient, 1.0)
    assert once.tolist() == [[0.5, 1.0, 0.5, 0.5]]
    twice = threat.step(x, once, gradient, 1.0)
    assert twice.tolist() == [[0.5, 1.0, 0.0, 0.5]]
    turned = threat.step(x, twice, torch.tensor([[9.0, 4.0, -3.0, 2.0]]), 1.0)
    assert turned.tolist() == [[1.0, 1.0, 0.5, 0.5]]


def test_draws_change_that_many_coordinates_anywhere() -> None:
    x = torch.full((2000, 5), 0.5)
    changed = L0(2).sample(x, Streams(torch.arange(2000))) != x
    assert changed.sum(1).unique().tolist() == [2]
    share = changed.double().mean(0)
    torch.testing.assert_close(share, torch.full((5,), 0.4, dtype=torch.float64), rtol=0, atol=0.045)
