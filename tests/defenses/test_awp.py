"""The gradient of the loss inside, at weights moved by hand; and the weights are where they were."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


def two_layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


def moved_by_hand(net, x, gamma):
    """w + γ ‖w‖ ∇ / ‖∇‖ for every matrix, of the mean loss; biases as they are."""
    slopes = torch.autograd.grad(F.cross_entropy(net(x), Y), list(net.parameters()))
    other = copy.deepcopy(net)
    with torch.no_grad():
        for p, slope in zip(other.parameters(), slopes, strict=True):
            if p.ndim > 1:
                p.add_(gamma * p.norm() * slope / slope.norm())
    return other


def test_the_gradient_is_that_at_the_worst_weights_nearby(kit):
    """And the loss there is higher than here."""
    net, x = two_layers(), kit.inside()
    before = copy.deepcopy(net.state_dict())
    play = kit.make(net, x, Y)
    loss = parse("awp(of=adversarial(steps=2), gamma=0.1)").loss(play)
    (away,) = play.made
    other = moved_by_hand(net, away, 0.1)
    want = F.cross_entropy(other(away), Y, reduction="none")
    torch.testing.assert_close(loss, want, rtol=1e-5, atol=1e-6)
    assert loss.mean().item() > F.cross_entropy(net(away), Y).item() + 1e-3
    loss.mean().backward()
    slopes = torch.autograd.grad(want.mean(), list(other.parameters()))
    for p, slope in zip(net.parameters(), slopes, strict=True):
        torch.testing.assert_close(p.grad, slope, rtol=1e-5, atol=1e-6)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_each_matrix_moves_by_its_share_of_its_own_length(kit):
    net, x = two_layers(), kit.inside()
    other = moved_by_hand(net, x, 0.005)
    for one, two in zip(net.parameters(), other.parameters(), strict=True):
        share = ((two - one).norm() / one.norm()).item()
        assert share == pytest.approx(0.005 if one.ndim > 1 else 0.0, rel=1e-4)
    want = F.cross_entropy(other(x), Y, reduction="none")
    torch.testing.assert_close(parse("awp(of=standard())").loss(kit.make(net, x, Y)), want, rtol=1e-5, atol=1e-6)


def test_both_losses_are_of_the_same_images(kit):
    """Made once: at the weights as they are."""
    shown = []
    net, x = two_layers(), kit.inside()
    play = kit.make(net, x, Y)
    net.register_forward_hook(lambda module, inputs, output: shown.append(inputs[0].detach()))
    parse("awp(of=trades(steps=2, carry=False))").loss(play)
    assert len(play.made) == 1
    assert [len(shown), torch.equal(shown[0], shown[1])] == [2, True]
    assert torch.equal(shown[1], torch.cat([x, play.made[0]]))


@pytest.mark.parametrize("of", ["standard()", "adversarial(steps=2)"])
def test_running_statistics_are_those_of_one_pass(kit, of):
    """T27: the ascent of the weights leaves none; and the batch's are used in both."""
    net = kit.normed().train()
    x, y = torch.rand(8, 1, 4, 4), torch.arange(8) % 3
    parse(f"awp(of={of}, gamma=1e-9)").loss(kit.make(net, x, y)).mean().backward()
    assert net[1].num_batches_tracked.item() == 1
    other = kit.normed().train()
    parse(of).loss(kit.make(other, x, y)).mean().backward()
    torch.testing.assert_close(net[1].running_var, other[1].running_var)
    torch.testing.assert_close(net[1].running_mean, other[1].running_mean)
    torch.testing.assert_close(net[0].weight.grad, other[0].weight.grad, rtol=1e-3, atol=1e-5)


def test_a_defense_that_quiets_norms_quiets_those_of_the_moved_net(kit):
    """T27: vat's passes on moved images leave no statistics behind."""
    net = kit.normed().train()
    x, y = torch.rand(8, 1, 4, 4), torch.arange(8) % 3
    parse("awp(of=vat())").loss(kit.make(net, x, y)).mean().backward()
    assert net[1].num_batches_tracked.item() == 1


def test_it_sets_in_after_its_share_of_the_training(kit):
    net, x = two_layers(), kit.inside()
    unit, inner = parse("awp(of=adversarial(steps=2), gamma=0.1, after=0.5)"), parse("adversarial(steps=2)")
    early, late = (unit.loss(kit.make(net, x, Y, share=share)) for share in (0.49, 0.5))
    want = inner.loss(kit.make(net, x, Y))
    assert torch.equal(early, want)
    assert not torch.allclose(late, want, atol=1e-4)


@pytest.mark.parametrize(("text", "words"), [
    ("awp(gamma=0)", "gamma of awp > 0"),
    ("awp(after=1)", "after of awp in"),
    ("awp(of=awp())", "a defense with a loss of its own"),
    ("awp(of=free())", "a defense with a loss of its own"),
])  # fmt: skip
def test_bad_fields(text, words):
    with pytest.raises(InputError, match=words):
        parse(text)
