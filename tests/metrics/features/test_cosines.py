"""Cosines as features: the distance of distribution functions, which sees what mean and variance do not."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.features import features_unit, see
from sparring.metrics.fid import Fid


def seen(numbers: Tensor, text: str = "cosines") -> Seen:
    return see(numbers[:, None].float(), features_unit(text).load((1,)))


def quantiles(n: int = 4000) -> Tensor:
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def test_features_are_what_the_formula_says() -> None:
    found = seen(torch.tensor([0.0, 0.2, 1.0]), "cosines(waves=2)").features
    for row, x in zip(found.tolist(), (0.0, 0.2, 1.0), strict=True):
        want = [math.sqrt(2) * math.cos(math.pi * k * x) / (math.pi * k) for k in (1, 2)]
        assert row == pytest.approx(want, abs=1e-12)


def test_the_distance_of_means_is_that_of_distribution_functions() -> None:
    """P uniform on [0, 1], Q(x) = x²: ∫(x − x²)² dx = 1/30."""
    u = quantiles()
    away = seen(u, "cosines(waves=64)").features.mean(0) - seen(u.sqrt(), "cosines(waves=64)").features.mean(0)
    assert float(away.square().sum()) == pytest.approx(1 / 30, rel=0.02)


def test_it_tells_two_bumps_from_a_broad_one_of_the_same_mean_and_variance() -> None:
    bumps = torch.cat([0.3 + 0.05 * torch.special.ndtri(quantiles()), 0.7 + 0.05 * torch.special.ndtri(quantiles())])
    broad = 0.5 + bumps.std() * torch.special.ndtri(quantiles(8000))
    by = {text: Fid()(seen(broad.clamp(0, 1), text), seen(bumps, text))[0].value for text in ("pixels", "cosines")}
    assert by["pixels"] < 1e-4
    assert by["cosines"] > 50 * by["pixels"]


def test_of_several_numbers_each_is_looked_at_by_itself() -> None:
    x = torch.tensor([[0.2, 0.8]])
    both = see(x, features_unit("cosines(waves=3)").load((2,))).features
    alone = [see(x[:, i : i + 1], features_unit("cosines(waves=3)").load((1,))).features for i in (0, 1)]
    assert torch.equal(both, torch.cat(alone, 1))


def test_no_waves_are_refused() -> None:
    with pytest.raises(InputError, match="waves >= 1"):
        features_unit("cosines(waves=0)")
