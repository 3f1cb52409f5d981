"""Cross-entropy on clean images, at a temperature."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


def test_the_loss_is_cross_entropy_of_logits_over_the_temperature(kit):
    net, x = kit.linear(), kit.inside()
    for text, t in (("standard", 1.0), ("standard(temperature=4)", 4.0)):
        p = (net(x).double() / t).softmax(1)
        want = -p.gather(1, Y[:, None])[:, 0].log()
        torch.testing.assert_close(parse(text).loss(kit.make(net, x, Y)).double(), want)


def test_it_sees_each_image_as_it_is_and_once(kit):
    net, x = kit.Recorded(kit.linear()), kit.inside()
    parse("standard").loss(kit.make(net, x, Y))
    assert len(net.seen) == 1
    assert torch.equal(net.seen[0], x)
    assert parse("standard").passes == 2


def test_no_temperature_is_refused():
    with pytest.raises(InputError, match="temperature of standard > 0"):
        parse("standard(temperature=0)")
