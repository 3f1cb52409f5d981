"""Pixels as features: levels of 255, nothing else."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics.features import features_unit, see


def test_features_are_the_levels() -> None:
    x = torch.tensor([[0, 51], [102, 255]], dtype=torch.uint8).view(1, 1, 2, 2)
    seen = see(x, features_unit("pixels").load((1, 2, 2)))
    assert seen.features.tolist() == [[0.0, 0.2, 0.4, 1.0]]
    assert seen.probabilities is None
    flat = see(torch.tensor([[0.2, 1.0]]), features_unit("pixels").load((2,)))
    assert flat.features.tolist() == [[0.2, 1.0]]


def test_larger_images_become_means_of_areas_and_others_stay() -> None:
    unit = features_unit("pixels(size=2)")
    levels = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4)
    seen = see(levels, unit.load((1, 4, 4)))
    assert seen.features.mul(255).tolist() == [pytest.approx([2.5, 4.5, 10.5, 12.5])]
    assert unit.load((1, 4, 4)).name == "pixels@2"
    assert see(levels.view(1, 1, 2, 8), unit.load((1, 2, 8))).features.mul(255).tolist() == [pytest.approx([5.5, 9.5])]
    for shape in ((1, 2, 2), (16,)):
        assert unit.load(shape).name == "pixels"
    with pytest.raises(InputError, match="size >= 0"):
        features_unit("pixels(size=-1)")
