"""Precision and recall: conventions that published code differs in, and planted generators (G33)."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.precision_recall import PrecisionRecall
from sparring.registry import parse

G = torch.Generator().manual_seed(0)
REAL = Seen(torch.randn(200, 3, generator=G))


def values(samples: Seen, real: Seen = REAL, k: int = 5) -> list[float]:
    return [figure.value for figure in PrecisionRecall(k)(samples, real)]


def test_identical_sets_are_all_and_disjoint_ones_nothing() -> None:
    """G33."""
    assert values(REAL) == [1, 1]
    assert values(Seen(REAL.features + 1000)) == [0, 0]


def test_a_collapsed_generator_is_precise_and_covers_nothing() -> None:
    """The balls of samples are tiny, those of real images are not."""
    collapsed = Seen(REAL.features[:1] + 1e-4 * torch.randn(200, 3, generator=G))
    precision, recall = values(collapsed)
    assert precision == 1
    assert recall <= 0.02


def test_a_scattered_generator_covers_and_is_not_precise() -> None:
    precision, recall = values(Seen(20 * torch.randn(200, 3, generator=G)))
    assert precision < 0.2
    assert recall > 0.8


def test_exchanged_arguments_exchange_the_figures() -> None:
    """G33: precision looks at the balls of real images, recall at those of samples."""
    samples = Seen(0.5 * torch.randn(150, 3, generator=G))
    assert values(samples) == values(REAL, samples)[::-1]
    assert values(samples)[0] > values(samples)[1]


def test_the_edge_is_outside_and_a_member_is_not_its_own_neighbor() -> None:
    """G33: balls around 0, 1 and 3 reach 1, 1 and 2 with k = 1; had they counted themselves they would reach 0."""
    real = Seen(torch.tensor([[0.0], [1.0], [3.0]]))
    figures = PrecisionRecall(1)(Seen(torch.tensor([[-1.0], [-0.999], [4.999], [5.0]])), real)
    assert figures[0].value == 0.5


def test_the_interval_is_that_of_a_count() -> None:
    figure, _ = PrecisionRecall()(Seen(REAL.features[:50] + 1000), REAL)
    assert figure.interval == (0.0, pytest.approx(0.0711, abs=1e-3))
    with pytest.raises(InputError, match="k >= 1"):
        parse("precision_recall(k=0)")
    with pytest.raises(InputError, match="k neighbors among 3"):
        values(Seen(REAL.features[:4]))
