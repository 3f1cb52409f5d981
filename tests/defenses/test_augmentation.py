"""Changes that keep the label: of the right size, reproducible, and noise without any package."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError, MissingExtra
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])
STILL = "degrees=0, shift=0, scale=0"


def seen(kit, text, x, seed=0):
    torch.manual_seed(2)
    net = kit.Recorded(nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 3)))
    torch.manual_seed(seed)
    loss = parse(text).loss(kit.make(net, x, Y))
    assert loss.shape == (5,)
    (image,) = net.seen
    torch.testing.assert_close(loss, F.cross_entropy(net.net(image), Y, reduction="none"))  # the label is kept
    assert image.shape == x.shape
    return image


def test_noise_needs_no_package_and_any_shape(kit, monkeypatch):
    """x + σ n, n standard normal, not clipped to the box."""
    monkeypatch.setitem(sys.modules, "kornia", None)
    monkeypatch.setitem(sys.modules, "kornia.augmentation", None)
    x = torch.rand(5, 6)
    image = seen(kit, f"augmentation({STILL}, noise=0.5)", x)
    torch.manual_seed(0)
    torch.testing.assert_close(image, x + 0.5 * torch.randn(5, 6))
    assert float(image.max()) > 1
    with pytest.raises(MissingExtra, match="kornia"):
        seen(kit, "augmentation", torch.rand(5, 1, 8, 8))


def test_nothing_asked_for_is_nothing_done(kit):
    x = torch.rand(5, 1, 8, 8)
    assert torch.equal(seen(kit, f"augmentation({STILL})", x), x)


def test_images_are_moved_each_its_own_way_in_the_box(kit):
    x = torch.zeros(5, 1, 16, 16)
    x[:, :, 6:10, 6:10] = 1
    image = seen(kit, "augmentation", x)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    assert all(not torch.equal(image[i], image[j]) for i in range(5) for j in range(i))
    mass = image.flatten(1).sum(1) / 16
    assert bool(((mass > 0.6) & (mass < 1.5)).all())  # sides change by a tenth, so areas by a fifth


def test_moves_are_no_longer_than_their_share_of_the_side(kit):
    x = torch.zeros(5, 1, 20, 20)
    x[:, :, 10, 10] = 1
    for seed in range(5):
        image = seen(kit, "augmentation(degrees=0, scale=0, shift=0.2)", x, seed)
        rows, columns = (image.sum(axis)[:, 0] @ torch.arange(20.0) / image.flatten(1).sum(1) - 10 for axis in (3, 2))
        assert float(torch.stack([rows, columns]).abs().max()) <= 4 + 1e-3
    assert float(torch.stack([rows, columns]).abs().max()) > 0.5


def test_half_of_the_images_are_mirrored(kit):
    x = torch.rand(5, 1, 8, 8)
    count = 0
    for seed in range(20):
        image = seen(kit, f"augmentation({STILL}, flip=True)", x, seed)
        mirrored = [torch.allclose(image[i], x[i].flip(-1), atol=1e-5) for i in range(5)]
        assert all(m or torch.allclose(image[i], x[i], atol=1e-5) for i, m in enumerate(mirrored))
        count += sum(mirrored)
    assert 30 <= count <= 70


def test_a_rectangle_is_blanked(kit):
    x = 0.2 + 0.8 * torch.rand(5, 1, 16, 16)
    image = seen(kit, f"augmentation({STILL}, erase=1)", x)
    gone = (image != x).flatten(1).double().mean(1)
    assert bool(((gone > 0) & (gone < 0.5)).all())
    assert float(image[image != x].abs().max()) == 0


def test_the_same_generator_gives_the_same_changes(kit):
    """T31: the loop seeds it by the round."""
    x = torch.rand(5, 1, 8, 8)
    one, again, other = (seen(kit, "augmentation(noise=0.1)", x, seed) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_features_have_no_geometry(kit):
    with pytest.raises(InputError, match=r"expected images \(c, h, w\) for augmentation, got samples of shape \(6,\)"):
        seen(kit, "augmentation", torch.rand(5, 6))


def test_bad_fields():
    with pytest.raises(InputError, match="degrees and noise of augmentation >= 0"):
        parse("augmentation(noise=-1)")
    with pytest.raises(InputError, match="shift and scale of augmentation"):
        parse("augmentation(shift=1)")
    with pytest.raises(InputError, match="erase in"):
        parse("augmentation(erase=1.5)")
