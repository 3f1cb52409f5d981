"""Where the slope is taken."""

from __future__ import annotations

import torch

from sparring.registry import parse


def test_it_looks_at_generated_images_alone(moment):
    """D(x) = ½ ‖x‖² has the slope x: (γ / 2) ‖x'‖² at generated images."""
    x, fake = torch.rand(6, 4), torch.rand(6, 4)
    got = parse("r2(gamma=3)").value(lambda x: x.square().sum(1) / 2, x, fake, moment(x))
    torch.testing.assert_close(got, 1.5 * fake.square().sum(1))


def test_it_counts_as_r1_does():
    slope = torch.randn(3, 2, 4, 4)
    assert torch.equal(parse("r1(gamma=0.3)").of(slope), parse("r2(gamma=0.3)").of(slope))
