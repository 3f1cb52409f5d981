"""Nearest neighbors: 0 for copies, 1 for the same kind, and the pairs to look at."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.neighbors import Neighbors
from sparring.registry import parse

G = torch.Generator().manual_seed(0)
TRAIN = Seen(torch.randn(400, 5, generator=G))


def test_planted_generators() -> None:
    values = [
        Neighbors()(Seen(samples), TRAIN)[0].value
        for samples in (TRAIN.features[:200], torch.randn(400, 5, generator=G), torch.randn(400, 5, generator=G) + 50)
    ]
    assert values[0] == 0
    assert values[1] == pytest.approx(1, abs=0.15)
    assert values[2] > 20


def test_one_copy_among_many_new_ones_is_the_first_pair() -> None:
    samples = torch.randn(100, 5, generator=G)
    samples[37] = TRAIN.features[11]
    (figure,) = Neighbors(pairs=3)(Seen(samples), TRAIN)
    assert figure.value > 0.7
    assert figure.details["pairs"][0] == [37, 11, 0.0]
    assert len(figure.details["pairs"]) == 3
    assert figure.details["pairs"][1][2] > 0


def test_twins_everywhere_give_no_division_by_zero() -> None:
    twins = Seen(torch.zeros(10, 2))
    assert Neighbors()(Seen(torch.ones(5, 2)), twins)[0].value == pytest.approx(2**0.5)
    with pytest.raises(InputError, match="pairs >= 1"):
        parse("neighbors(pairs=0)")
