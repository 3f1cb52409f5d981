"""A teacher's soft answers at T, and the net that learns them."""

from __future__ import annotations

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.registry import parse


def test_the_loss_is_the_cross_entropy_with_soft_answers_at_t(kit):
    """−Σ q log softmax(z / T), by place in the data; without a factor T²."""
    net, x, index, t = kit.linear(), kit.inside(), torch.tensor([9, 2, 4, 4, 0]), 20.0
    soft = torch.rand(10, 3).softmax(1)
    play = kit.make(net, x, torch.zeros(5, dtype=torch.int64), index=index, prepared={"soft": soft})
    p = (net(x).double() / t).exp()
    want = -(soft[index] * (p / p.sum(1, keepdim=True)).log()).sum(1)
    torch.testing.assert_close(parse("distillation(temperature=20)").loss(play).double(), want, rtol=1e-5, atol=1e-6)


def test_soft_answers_are_the_teachers_at_t(kit):
    """The teacher is asked for at T; labels do not enter."""
    asked, teacher = [], kit.linear(seed=1)
    data = Dataset(torch.rand(12, 6), torch.arange(12) % 3)

    def plain(**options):
        asked.append(options)
        return teacher

    soft = parse("distillation(temperature=20)").prepare(kit.setting(kit.linear(), data, "linf(0.1)", plain))["soft"]
    assert asked == [{"temperature": 20.0}]
    torch.testing.assert_close(soft, (teacher(data.images()) / 20).softmax(1))
    assert not soft.requires_grad


def test_the_net_has_a_last_layer_t_times_larger():
    """So that training at T begins where plain training would."""
    unit, plain = parse("distillation(temperature=20)").unit(parse("mlp(hidden=(4,))")), parse("mlp(hidden=(4,))")
    assert str(unit) == "distilled(of=mlp(hidden=(4,)), temperature=20)"
    x = torch.rand(3, 6)
    one, two = (each.build((6,), 3, seed=5) for each in (unit, plain))
    torch.testing.assert_close(one(x), 20 * two(x), rtol=1e-4, atol=1e-4)


def test_temperatures_below_one_are_refused():
    with pytest.raises(InputError, match="temperature of distillation >= 1"):
        parse("distillation(temperature=0.5)")
