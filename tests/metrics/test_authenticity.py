"""Authenticity: 0 for a memorizer, one half for new draws of the same kind, 1 for something else."""

from __future__ import annotations

import pytest
import torch

from sparring.metrics import Seen
from sparring.metrics.authenticity import Authenticity

G = torch.Generator().manual_seed(0)
TRAIN = Seen(torch.randn(500, 5, generator=G))


def value(samples: torch.Tensor) -> float:
    return Authenticity()(Seen(samples), TRAIN)[0].value


def test_planted_generators() -> None:
    assert value(TRAIN.features[torch.randint(0, 500, (300,), generator=G)]) == 0
    nearly = TRAIN.features[:300] + 1e-3 * torch.randn(300, 5, generator=G)
    assert value(nearly) < 0.02
    assert 0.3 < value(torch.randn(2000, 5, generator=G)) < 0.6
    assert value(torch.randn(300, 5, generator=G) + 50) == 1


def test_half_copies_are_told() -> None:
    mixed = torch.cat([TRAIN.features[:200], torch.randn(200, 5, generator=G) + 50])
    assert value(mixed) == pytest.approx(0.5)


def test_twins_in_the_training_data_do_not_make_a_copy_new() -> None:
    """Both distances are exactly 0, which is not above 0."""
    twins = Seen(TRAIN.features.repeat(2, 1) + 300)
    assert Authenticity()(Seen(twins.features[:100]), twins)[0].value == 0
