"""Images forged once, on a plain net, and learned from with their right labels."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.registry import parse


def data(kit, n=30):
    """All right for the plain net: an attack does not touch what is wrong already."""
    pixels = torch.randint(0, 256, (n, 6), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Dataset(pixels, kit.linear(seed=1)(pixels / 255).argmax(1), ("a", "b", "c"))


def prepared(kit, text, threat="linf(0.1)"):
    asked = []

    def plain(**options):
        asked.append(options)
        return kit.linear(seed=1)

    ready = parse(text).prepare(kit.setting(kit.linear(), data(kit), threat, plain))
    assert asked == [{}]
    return ready["forged"]


@pytest.mark.parametrize("threat", ["linf(0.1)", "l2(0.4)"])
def test_they_are_in_the_threat_to_the_rounding_of_8_bits_and_fool_the_plain_net(kit, threat):
    """T9: one an image, in the order of the data, and harder than the image for the net they were made on."""
    forged, whole, net = prepared(kit, "static(attack=pgd(steps=5))", threat), data(kit), kit.linear(seed=1)
    assert forged.dtype == torch.uint8
    assert forged.shape == whole.pixels.shape
    x, y = whole.take()
    z = forged / 255
    rounding = z[0].numel() ** (0.5 if threat.startswith("l2") else 0) * 0.5 / 255
    assert bool((parse(threat).distance(z - x) <= parse(threat).eps + rounding + 1e-6).all())
    losses = [F.cross_entropy(net(each), y, reduction="none") for each in (x, z)]
    assert bool((losses[1] > losses[0]).all())


def test_one_step_forges_the_corner(kit):
    forged, (x, y), net = prepared(kit, "static"), data(kit).take(), kit.linear(seed=1)
    slope = (net(x).softmax(1) - F.one_hot(y, 3)) @ net.weight
    want = ((x + 0.1 * slope.detach().sign()).clamp(0, 1) * 255).round()
    assert float((forged.float() - want).abs().max()) <= 1  # half a level to either side


@pytest.mark.parametrize("lam", [1.0, 3.0])
def test_the_loss_weighs_the_image_and_its_forged_one(kit, lam):
    """By the place of each sample in the data, not in the batch."""
    net, x, y, index = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1]), torch.tensor([9, 2, 4, 4, 0])
    forged = torch.randint(0, 256, (10, 6), dtype=torch.uint8)
    got = parse(f"static(lam={lam})").loss(kit.make(net, x, y, index=index, prepared={"forged": forged}))
    old, new = (F.cross_entropy(net(each), y, reduction="none") for each in (x, forged[index] / 255))
    torch.testing.assert_close(got, (old + lam * new) / (1 + lam))


def test_bad_fields():
    with pytest.raises(InputError, match="lam of static > 0"):
        parse("static(lam=0)")
    with pytest.raises(InputError, match="needs no target inside static, got forge"):
        parse("static(attack=forge())")
