"""KID: unbiased, negative when it wants to be, and decided by the seed (G34)."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen, kernel_distance
from sparring.metrics.kid import Kid
from sparring.registry import parse


def normal(n: int, seed: int, d: int = 4) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_by_hand() -> None:
    """One dimension, x = (0, 1), y = (1, 2): k(a, b) = (ab + 1)³ → 1 + 27 − 2 · (1 + 1 + 8 + 27) / 4."""
    assert kernel_distance(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]])) == pytest.approx(28 - 18.5)


def test_its_mean_over_draws_of_one_kind_is_zero_at_any_n() -> None:
    """G34: within 4 standard errors of 0 for n of 6 and of 40, where the biased estimate is far above."""
    for n in (6, 40):
        found = torch.tensor([kernel_distance(normal(n, 2 * i), normal(n, 2 * i + 1)) for i in range(600)])
        assert abs(float(found.mean())) < 4 * float(found.std()) / 600**0.5
        assert (found < 0).any()
    x, y = normal(6, 0), normal(6, 1)
    biased = [((a @ b.T / 4 + 1) ** 3).mean() for a, b in ((x, x), (y, y), (x, y))]
    assert float(biased[0] + biased[1] - 2 * biased[2]) > 0.3


def test_subsets_estimate_what_the_whole_does() -> None:
    x, y = normal(600, 0), normal(600, 1) + 0.5
    (figure,) = Kid(subsets=50, subset_size=200)(Seen(x), Seen(y))
    whole = kernel_distance(x, y)
    low, high = figure.interval or (0, 0)
    assert low < whole < high
    assert figure.value == pytest.approx(whole, rel=0.1)


def test_the_interval_holds() -> None:
    """Over 60 draws the true distance, that of huge sets, is inside at least 9 times of 10."""
    truth = kernel_distance(normal(4000, 1000), normal(4000, 1001) + 0.3)
    inside = 0
    for draw in range(60):
        metric = Kid(subsets=20, subset_size=60)
        (figure,) = metric(Seen(normal(200, 2 * draw)), Seen(normal(200, 2 * draw + 1) + 0.3))
        low, high = figure.interval or (0, 0)
        inside += low < truth < high
    assert inside >= 54


def test_the_seed_decides() -> None:
    """G34."""
    x, y = Seen(normal(100, 0)), Seen(normal(100, 1))
    metric = Kid(subsets=5, subset_size=30)
    assert metric(x, y, seed=1) == metric(x, y, seed=1)
    assert metric(x, y, seed=1)[0].value != metric(x, y, seed=2)[0].value


def test_planted_sets() -> None:
    x = normal(200, 0)
    assert Kid()(Seen(x + 10), Seen(x))[0].value > 1000
    assert abs(Kid()(Seen(x), Seen(x))[0].value) < 0.2


def test_subsets_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match=">= 2"):
        parse("kid(subsets=1)")
    with pytest.raises(InputError, match="at least 4 samples"):
        Kid()(Seen(torch.zeros(3, 1)), Seen(torch.zeros(9, 1)))
