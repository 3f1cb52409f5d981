"""Two outputs on one body: refused exactly where they disagree, and a joint attack has to fool both."""

from __future__ import annotations

import pytest
import torch

import sparring
from sparring.models.paired import Paired, PairedNet
from sparring.registry import parse


class Body(torch.nn.Module):
    """Logits that are the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 1.0


def test_an_image_is_refused_exactly_where_the_partner_is_not_the_answer() -> None:
    net = PairedNet(Body(), 3)
    net.partner.copy_(torch.tensor([1, 2, 0]))
    #              z0   z1   z2   t0   t1   t2
    x = torch.tensor([
        [0.9, 0.1, 0.0, 0.0, 0.8, 0.2],  # 0, partner 1: consistent
        [0.9, 0.1, 0.0, 0.8, 0.0, 0.2],  # 0, but the partner says 0
        [0.1, 0.2, 0.7, 0.6, 0.5, 0.2],  # 2, partner 0: consistent
        [0.1, 0.2, 0.7, 0.5, 0.6, 0.2],  # 2, but the partner says 1
    ])  # fmt: skip
    answer = net(x)
    assert answer.shape == (4, 4)
    assert answer.argmax(1).tolist() == [0, 3, 2, 3]
    assert torch.equal(answer[:, :3], x[:, :3])
    assert answer[1, 3].item() == pytest.approx(0.9 + 0.8 - 0.0)


def test_a_joint_attack_has_to_move_both_outputs() -> None:
    net = PairedNet(Body(), 2)  # partner of 0 is 1, of 1 is 0
    x, y = torch.tensor([[0.6, 0.4, 0.4, 0.6]]), torch.tensor([0])
    assert sparring.attack(net, x, y, "pgd(steps=20, loss='margin')", "linf(0.15)").success.all()
    only_z = torch.tensor([[0.6, 0.4, 0.0, 1.0]])  # the class flips at 0.1 a pixel, its partner only at 0.5
    assert not sparring.attack(net, only_z, y, "pgd(steps=20, loss='margin')", "linf(0.45)").success.any()
    assert sparring.attack(net, only_z, y, "pgd(steps=40, loss='margin')", "linf(0.55)").success.all()


def test_any_net_is_a_body_and_the_partners_are_saved_with_it() -> None:
    unit = parse("paired(of=resnet(width=4))", "model")
    assert isinstance(unit, Paired)
    net = unit.build((1, 12, 12), 5)
    net.partner.copy_(torch.tensor([4, 3, 1, 0, 2]))
    other = unit.build((1, 12, 12), 5, seed=1)
    other.load_state_dict(net.state_dict())
    x = torch.rand(3, 1, 12, 12)
    assert torch.equal(net.eval()(x), other.eval()(x))
    assert net(x).shape == (3, 6)
