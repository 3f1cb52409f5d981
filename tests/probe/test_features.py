"""Which feature maps are taken, and that nothing else decides them."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.gan import Gan
from sparring.probe import pooled
from sparring.registry import parse_as


def built(gan: str, shape: tuple[int, ...] = (1, 28, 28), data=None):
    return parse_as(Gan, f"gan(penalties=(), {gan})").build(shape, data=data)[1]


def test_of_dcgan_it_is_what_leaves_every_activation() -> None:
    net = built("nets=dcgan(width=8)").eval()
    x = torch.rand(5, 1, 28, 28)
    first = net.body[:2](2 * x - 1)
    second = net.body[2:5](first)
    expected = torch.cat([F.adaptive_max_pool2d(maps, 4).flatten(1) for maps in (first, second)], 1)
    assert expected.shape == (5, 16 * 8 + 16 * 16)
    assert torch.allclose(pooled(net, x), expected)


@pytest.mark.parametrize(
    ("gan", "width"),
    [
        ("nets=r3()", 16 * 16 + 16 * 32 + 16 * 64),
        ("nets=residual(width=8)", 2 * 16 * 8),
        ("nets=autoencoder(width=8), loss=began()", 16 * 8 + 16 * 16 + 16 * 24),
        ("nets=dense(hidden=(20, 10))", 10),
    ],
)
def test_every_net_has_some(gan: str, width: int) -> None:
    assert pooled(built(gan), torch.rand(3, 1, 28, 28)).shape == (3, width)


def test_an_image_is_seen_alike_in_any_company_and_the_net_is_left_as_found() -> None:
    net = built("nets=dcgan(width=4)").eval()
    x = torch.rand(300, 1, 28, 28)
    whole = pooled(net, x)
    assert torch.allclose(whole[299:], pooled(net, x[299:]), atol=1e-6)
    assert not [hook for layer in net.modules() for hook in layer._forward_hooks]


def test_reference_images_are_no_rows() -> None:
    from sparring.data import load_data

    net = built("nets=dcgan(width=8), tricks=(virtual_batch_norm(size=8),)", (1, 8, 8), load_data("digits:train"))
    net.eval()
    x = torch.rand(3, 1, 8, 8)
    assert len(pooled(net, x)) == 3
    assert torch.allclose(pooled(net, x)[1:2], pooled(net, x[1:2]), atol=1e-5)
