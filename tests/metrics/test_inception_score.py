"""The Inception Score: exactly K for K sure classes, 1 for one, and rising with the size of a split (G35, G6)."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.inception_score import InceptionScore, score
from sparring.registry import parse


def seen(probabilities: torch.Tensor) -> Seen:
    n = len(probabilities)
    images = torch.arange(4 * n).view(n, 1, 2, 2) % 251
    return Seen(torch.arange(n)[:, None], probabilities, images.to(torch.uint8))


@pytest.mark.parametrize("k", [2, 3, 10, 1000])
def test_one_hot_and_uniform_is_exactly_k(k: int) -> None:
    """G35: log base e."""
    assert score(torch.eye(k)) == pytest.approx(k, rel=1e-12)
    assert score(torch.full((7, k), 1 / k)) == pytest.approx(1, rel=1e-12)


def test_by_hand() -> None:
    """p = (0.9, 0.1) and (0.1, 0.9): ln IS = ln 2 − H(0.9)."""
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    assert score(torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64)) == pytest.approx(
        2 * math.exp(-entropy), rel=1e-12
    )


def test_samples_sorted_by_class_are_shuffled_first() -> None:
    """G35: splits in order would see one class each, and score 1."""
    sorted_classes = torch.eye(10).repeat_interleave(100, 0)
    (figure,) = InceptionScore()(seen(sorted_classes))
    assert figure.value > 8.5
    assert figure.interval is not None


def test_it_rises_with_the_size_of_a_split() -> None:
    """G6: the mean of few rows is nearer to each of them."""
    rows = seen(torch.softmax(torch.randn(2000, 10, generator=torch.Generator().manual_seed(0)), 1))
    values = [InceptionScore(splits=splits)(rows)[0].value for splits in (200, 20, 2)]
    assert values == sorted(values)
    assert values[-1] - values[0] > 0.01


def test_too_few_are_refused() -> None:
    with pytest.raises(InputError, match="at least 20 samples"):
        InceptionScore()(seen(torch.eye(10)))
    with pytest.raises(InputError, match="splits >= 2"):
        parse("inception_score(splits=1)")
