"""Noise on both sides, of the length it should have, gone at the end."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse


@pytest.mark.parametrize(("share", "left"), [(0.0, 1.0), (0.25, 0.5), (0.5, 0.0), (0.9, 0.0)])
def test_it_falls_in_a_line(moment, share, left):
    x, unit = torch.rand(300, 1, 4, 4), parse("instance_noise(sigma=0.2, until=0.5)")
    noise = unit.inputs(x, moment(x, share=share), "real") - x
    assert float(noise.std()) == pytest.approx(0.2 * left, rel=0.05)
    assert abs(float(noise.mean())) < 0.01


def test_real_and_generated_images_get_noise_of_their_own(moment):
    """D8: on both; another in the generator's turn; the same for a sample wherever it stands."""
    x, unit = torch.rand(9, 2), parse("instance_noise")
    now = moment(x)
    real, fake = (unit.inputs(x, now, side) - x for side in ("real", "fake"))
    assert real.abs().min() > 0
    assert not torch.equal(real, fake)
    assert not torch.equal(real, unit.inputs(x, moment(x, "generator"), "real") - x)
    assert torch.equal(unit.inputs(x[4:], moment(x[4:], first=4), "real"), (x + real)[4:])


def test_bad_fields():
    with pytest.raises(InputError, match=r"until of instance_noise in \(0, 1\]"):
        parse("instance_noise(until=0)")
