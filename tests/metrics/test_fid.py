"""FID as a figure: closed form inside its interval, falling with n, zero for the same set."""

from __future__ import annotations

import pytest
import torch

from sparring.metrics import Seen
from sparring.metrics.fid import Fid

G = torch.Generator().manual_seed(0)


def normal(n: int, d: int = 16) -> Seen:
    return Seen(torch.randn(n, d, generator=G))


def test_the_closed_form_lies_in_the_interval() -> None:
    """N(1, I₂) and N(0, 4 I₂): 2 + 2 (2 − 1)² = 4, once the bias at n = 4000 is next to nothing."""
    (figure,) = Fid()(Seen(normal(4000, 2).features + 1), Seen(2 * normal(4000, 2).features))
    low, high = figure.interval or (0, 0)
    assert low < 4 < high
    assert high - low < 1


def test_it_falls_as_n_grows() -> None:
    """G6: two sets of one kind are far apart while they are small."""
    real = normal(4000)
    values = [Fid()(normal(n), real)[0].value for n in (20, 80, 320, 1280)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 20 * values[-1]


def test_planted_sets() -> None:
    real = normal(300)
    assert Fid()(real, real)[0].value < 1e-6
    far = Seen(real.features + 100)
    assert Fid()(far, real)[0].value == pytest.approx(160_000, rel=1e-6)
    collapsed = Seen(real.features[:1].repeat(300, 1) + 1e-3 * normal(300).features)
    assert Fid()(collapsed, real)[0].value > 5
