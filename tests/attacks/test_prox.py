"""Proximal operators against a search by brute force, in the box and in a metric."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sparring.attacks._prox import shrink
from sparring.registry import parse_as
from sparring.threats import Threat


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
@pytest.mark.parametrize("price", [0.01, 0.1, 0.5, 100.0])
def test_no_point_costs_less(norm: str, price: float) -> None:
    """On small images: neither what a solver finds nor any draw in the box beats it."""
    source = torch.Generator().manual_seed(0)
    threat = parse_as(Threat, f"{norm}(inf)")
    x = torch.rand(6, 4, generator=source, dtype=torch.float64)
    z = x + torch.randn(6, 4, generator=source, dtype=torch.float64) * 0.5
    weight = torch.rand(6, 4, generator=source, dtype=torch.float64) + 0.1

    def cost(points: torch.Tensor, i: int) -> torch.Tensor:
        move = points - x[i]
        return price * threat.distance(move) + 0.5 * (weight[i] * (move - (z[i] - x[i])).square()).sum(1)

    found = shrink(threat, x, z, weight, torch.full((6,), price, dtype=torch.float64))
    assert bool(((found >= 0) & (found <= 1)).all())
    for i in range(6):
        draws = torch.rand(4000, 4, generator=source, dtype=torch.float64)
        near = (found[i] + 0.01 * torch.randn(4000, 4, generator=source, dtype=torch.float64)).clamp(0, 1)
        least = float(cost(found[i : i + 1], i))
        assert least <= float(cost(torch.cat([draws, near, x[i : i + 1]]), i).min()) + 1e-9
        if norm != "l0":
            solved = minimize(
                lambda p, i=i: float(cost(torch.tensor(p)[None], i)), np.full(4, 0.5), bounds=[(0, 1)] * 4
            )
            assert least <= solved.fun + 1e-7


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_a_high_price_leaves_the_original_and_none_takes_only_the_box(norm: str) -> None:
    threat = parse_as(Threat, f"{norm}(inf)")
    x, z = torch.full((2, 5), 0.5), torch.tensor([[0.7, 0.2, 1.5, 0.5, 0.6]] * 2)
    free = shrink(threat, x, z, torch.ones_like(x), torch.zeros(2, dtype=torch.float64))
    assert torch.allclose(free, z.clamp(0, 1))
    assert torch.equal(shrink(threat, x, z, torch.ones_like(x), torch.full((2,), 1e9, dtype=torch.float64)), x)
