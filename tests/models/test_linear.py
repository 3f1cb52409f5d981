"""The linear model."""

import torch

from sparring.models.linear import Linear


def test_it_is_affine():
    net = Linear().build((2, 3, 4), 5)
    a, b = torch.rand(2, 7, 2, 3, 4, generator=torch.Generator().manual_seed(0)).double()
    net.double()
    assert torch.allclose(net((a + b) / 2), (net(a) + net(b)) / 2)
    assert net(torch.rand(3, 24).double()).shape == (3, 5)  # flat features of the same number do too
