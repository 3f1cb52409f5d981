"""Points around the data, as far as the data are spread."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse


def test_its_points_lie_near_real_images(moment):
    """x + a c σ u: never below x, at most c σ above, σ of all numbers of the batch; generated images play no part."""
    real = torch.rand(500, 2)
    unit = parse("dragan(spread=0.5)")
    away = unit.points(real, real + 9, moment(real)) - real
    most = 0.5 * float(real.std(correction=0))
    assert float(away.min()) >= 0
    assert 0.8 * most < float(away.max()) <= most * (1 + 1e-4)
    torch.testing.assert_close(float(away.mean()), most / 4, rtol=0.1, atol=0)  # a and u are independent
    assert float((away[:, 0] - away[:, 1]).abs().max()) > 0.1 * most


def test_its_slope_is_drawn_to_one():
    torch.testing.assert_close(
        parse("dragan(weight=3)").of(torch.tensor([[0.0, 2.0], [0.6, 0.8]])), torch.tensor([3.0, 0.0])
    )


def test_bad_fields():
    with pytest.raises(InputError, match="spread of dragan > 0"):
        parse("dragan(spread=0)")
