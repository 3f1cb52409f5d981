"""A ripple on the input."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.shattered import Ripple, Shattered


def test_the_slope_has_any_sign_and_the_picture_stays():
    x = (torch.arange(1, 256) / 255).requires_grad_(True)
    rippled = Ripple(0.01, 1e4)(x)
    assert (rippled - x).abs().max() <= 0.01 + 1e-6
    (slope,) = torch.autograd.grad(rippled.sum(), x)
    assert 0.3 < (slope < 0).double().mean() < 0.7
    assert slope.abs().median() > 30


def test_black_has_the_wrong_sign():
    x = torch.zeros(1, requires_grad=True)
    Ripple(0.01, 1e4)(x).backward()
    assert x.grad.item() == pytest.approx(-99)


def test_over_a_distance_the_slope_is_one():
    x = torch.rand(1000, dtype=torch.float64) * 0.8
    average = (Ripple(0.01, 1e4)(x + 0.2) - Ripple(0.01, 1e4)(x)) / 0.2
    assert (average - 1).abs().max() < 0.11


@pytest.mark.parametrize("field", ["amplitude", "frequency"])
def test_no_ripple_is_refused(field):
    with pytest.raises(InputError, match="of shattered > 0"):
        Shattered(**{field: 0.0})
