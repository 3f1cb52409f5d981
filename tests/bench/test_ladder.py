"""The search over ε: what a bounded attack that is exact finds by it, and how often it is asked."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.bench._ladder import RUNGS, smallest_ball

TRUTH = torch.tensor([0.3, 0.05, 2.0, 40.0])


def test_an_exact_attack_is_found_out_to_the_last_halving() -> None:
    x, asked = torch.zeros(4, 1), torch.zeros(4, dtype=torch.int64)

    def attack(rows: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        asked[rows] += 1
        return TRUTH[rows] <= eps, torch.full((len(rows), 1), eps)

    found = smallest_ball(x, attack, 0.5)[:, 0]
    assert asked.tolist() == [RUNGS] * 4
    assert bool((found[:3] >= TRUTH[:3]).all())
    assert bool((found[:3] <= TRUTH[:3] + torch.tensor([0.001, 0.001, 0.01])).all()), found
    assert float(found[3]) <= 1.1 * 40


def test_a_sample_that_is_never_broken_stays() -> None:
    x = torch.full((2, 1), 0.5)
    found = smallest_ball(x, lambda rows, eps: (rows == 0, x[rows] + eps), 1.0)
    assert float(found[1]) == 0.5
    assert 0 < float(found[0]) - 0.5 < 0.01


def test_counts_stay_whole() -> None:
    seen: set[float] = set()

    def attack(rows: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        seen.add(eps)
        return torch.tensor([7.0])[rows] <= eps, torch.full((len(rows), 1), eps)

    assert float(smallest_ball(torch.zeros(1, 1), attack, 2.6, whole=True)) == 7
    assert all(eps == int(eps) >= 1 for eps in seen)
