"""Density and coverage: what an outlier cannot spoil (G33)."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.density_coverage import DensityCoverage
from sparring.metrics.precision_recall import PrecisionRecall
from sparring.registry import parse

G = torch.Generator().manual_seed(0)
REAL = Seen(torch.randn(400, 3, generator=G))


def values(samples: Seen, real: Seen = REAL, k: int = 5) -> list[float]:
    return [figure.value for figure in DensityCoverage(k)(samples, real)]


def test_one_kind_is_near_one_and_disjoint_sets_are_nothing() -> None:
    """G33: density ≈ 1 and coverage 1 for the same set; 1 − 2⁻ᵏ on average for another draw of as many."""
    density, coverage = values(Seen(torch.randn(400, 3, generator=G)))
    assert density == pytest.approx(1, abs=0.15)
    assert coverage == pytest.approx(1 - 2**-5, abs=0.03)
    assert values(REAL)[0] == pytest.approx(1, abs=0.05)
    assert values(REAL)[1] == 1
    assert values(Seen(REAL.features + 1000)) == [0, 0]


def test_a_real_outlier_does_not_make_noise_precise() -> None:
    """One real image far away has a huge ball: all noise is precise by it, and none is dense."""
    real = Seen(torch.cat([REAL.features, torch.tensor([[500.0, 0.0, 0.0]])]))
    noise = Seen(50 * torch.randn(300, 3, generator=G) + 100)
    assert PrecisionRecall()(noise, real)[0].value > 0.9
    assert values(noise, real)[0] < 0.25


def test_missing_kinds_are_not_covered() -> None:
    half = Seen(torch.randn(2000, 3, generator=G).abs() * torch.tensor([1.0, 1.0, 1.0]))
    some = Seen(half.features[:400])
    _, coverage = values(some)
    assert coverage < 0.5


def test_by_hand() -> None:
    """Real 0, 1, 3 with k = 1: radii 1, 1, 2. Samples 0.5, 2.5, 9: hits 2, 1, 0 → density 1, coverage 3/3."""
    real = Seen(torch.tensor([[0.0], [1.0], [3.0]]))
    assert values(Seen(torch.tensor([[0.5], [2.5], [9.0]])), real, 1) == [1, 1]
    assert values(Seen(torch.tensor([[2.0]])), real, 1) == [1, pytest.approx(1 / 3)], "the edge is outside"
    with pytest.raises(InputError, match="k >= 1"):
        parse("density_coverage(k=0)")
