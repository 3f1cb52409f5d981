"""Pixels as features: levels of 255, nothing else."""

from __future__ import annotations

import torch

from sparring.metrics.features import features_unit, see


def test_features_are_the_levels() -> None:
    x = torch.tensor([[0, 51], [102, 255]], dtype=torch.uint8).view(1, 1, 2, 2)
    seen = see(x, features_unit("pixels").load((1, 2, 2)))
    assert seen.features.tolist() == [[0.0, 0.2, 0.4, 1.0]]
    assert seen.probabilities is None
    flat = see(torch.tensor([[0.2, 1.0]]), features_unit("pixels").load((2,)))
    assert flat.features.tolist() == [[0.2, 1.0]]
