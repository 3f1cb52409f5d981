"""The attacker inside a defense: in the threat, sample by sample, and without a trace on the net."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from sparring.core.seeds import Streams, index_keys
from sparring.defenses._round import started, step_length
from sparring.defenses.adversarial import against
from sparring.registry import parse

NORMS = ["linf(0.1)", "l2(0.4)", "l1(1)"]


@pytest.mark.parametrize("threat", NORMS)
@pytest.mark.parametrize("start", ["uniform", "none", "noise"])
def test_images_are_in_the_threat_and_no_easier(kit, threat, start):
    net, x, y = kit.linear(), torch.rand(20, 6), torch.arange(20) % 3
    play = kit.make(net, x, y, threat)
    z = play.attacked(against(y), steps=5, start=start)
    assert bool(play.threat.contains(x, z).all())
    assert not z.requires_grad
    easy, hard = (F.cross_entropy(net(each), y, reduction="none") for each in (x, z))
    assert bool((hard > easy).all())


@pytest.mark.parametrize("threat", NORMS)
def test_what_is_made_of_an_image_does_not_depend_on_its_company(kit, threat):
    """T6, T31: random start, gradient and step are the sample's own."""
    net, x, y = kit.linear(), torch.rand(6, 6), torch.arange(6) % 3
    index = torch.tensor([40, 3, 17, 8, 5, 29])
    whole = kit.make(net, x, y, threat, index=index).attacked(against(y), steps=3)
    for i in range(6):
        rows = slice(i, i + 1)
        alone = kit.make(net, x[rows], y[rows], threat, index=index[rows], mirror=kit.make(net, x, y).mirror)
        torch.testing.assert_close(alone.attacked(against(y[rows]), steps=3), whole[rows], rtol=0, atol=1e-6)


def test_the_slope_is_of_the_sum_and_not_of_the_mean(kit):
    """T6."""
    net, x, y = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    slope = kit.make(net, x, y).slope(x, against(y))
    error = net(x).softmax(1) - F.one_hot(y, 3)
    torch.testing.assert_close(slope, error @ net.weight)


def test_norms_see_both_as_one_population(kit):
    """What they keep is the mean and the spread of the two together, whatever an attacker has shifted."""
    net, x = kit.normed().train(), kit.inside(shape=(1, 4, 4))
    moved = x + 0.3
    other = copy.deepcopy(net)
    clean, there = kit.make(net, x, torch.arange(5) % 3).both(moved)
    want = other(torch.cat([x, moved]))
    assert torch.equal(torch.cat([clean, there]), want)
    assert int(net[1].num_batches_tracked) == 1
    features = net[0](torch.cat([x, moved]))
    torch.testing.assert_close(net[1].running_mean, 0.1 * features.mean((0, 2, 3)))


def test_steps_have_the_length_that_is_said():
    threat = parse("linf(0.2)")
    assert step_length(threat, 1, None) == pytest.approx(1.25 * 0.2)
    assert step_length(threat, 10, None) == pytest.approx(0.25 * 0.2)
    assert step_length(threat, 10, 0.07) == 0.07


def test_starts(kit):
    """T8: noise is 0.001 wide, whatever ε; uniform fills the threat."""
    x, threat = 0.5 * torch.ones(2000, 6), parse("linf(0.2)")
    streams = Streams(index_keys(torch.arange(2000), 0))
    assert torch.equal(started(threat, x, "none", streams), x)
    noise = started(threat, x, "noise", streams) - x
    assert float(noise.std()) == pytest.approx(0.001, rel=0.05)
    uniform = started(threat, x, "uniform", streams) - x
    assert float(uniform.abs().max()) <= 0.2 * (1 + 1e-6)
    assert float(uniform.std()) == pytest.approx(0.2 / 3**0.5, rel=0.05)


def test_the_net_is_left_as_it_was(kit):
    """T27, T29, T30: running statistics, modes, gradients; and torch's generator."""
    net = kit.normed().train()
    x, y = torch.rand(8, 1, 4, 4), torch.arange(8) % 3
    play = kit.make(net, x, y)
    state, random = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    play.attacked(against(y), steps=3)
    play.answers()
    play.slope(x, against(y))
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert all(module.training for module in net.modules())
    assert torch.equal(torch.get_rng_state(), random)


def test_the_attacker_sees_the_net_in_eval_mode(kit):
    """T27: statistics of the batch would tie an image to its company."""
    net = kit.normed().train()
    x = torch.rand(8, 1, 4, 4)
    play = kit.make(net, x, torch.arange(8) % 3)
    want = copy.deepcopy(net).eval()(x)
    torch.testing.assert_close(play.look(x), want.detach(), rtol=1e-5, atol=1e-5)
    assert torch.equal(play.answers(), want.argmax(1))
    assert not torch.allclose(net(x), want, atol=1e-3)


def test_again_gives_the_same_images_to_another_net(kit):
    net, other, x, y = kit.linear(), kit.linear(seed=1), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    play = kit.make(net, x, y)
    first = [play.attacked(against(y), steps=2) for _ in range(2)]
    again = play.again(other)
    assert again.net is other
    assert all(torch.equal(again.attacked(against(y), steps=2), before) for before in first)
    assert [len(play.made), len(again.made)] == [2, 0]


@pytest.mark.parametrize("threat", ["linf(0.1)", "l2(0.1)"])
def test_a_wide_step_is_cut_to_the_box_alone(kit, threat):
    net, x, y = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    play = kit.make(net, x, y, threat)
    slope = torch.randn(5, 6)
    direction = slope.sign() if threat.startswith("linf") else slope / slope.norm(dim=1, keepdim=True)
    torch.testing.assert_close(play.wide(x, slope, 0.3), (x + 0.3 * direction).clamp(0, 1))
    assert float(play.wide(x, slope, 30.0).min()) == 0


def test_what_is_carried_comes_back_in_255_levels_and_in_the_threat(kit):
    """By index, whatever the batch; a sample that was never attacked begins at its start."""
    net, x, y = kit.linear(), torch.rand(4, 6), torch.tensor([0, 1, 2, 0])
    memory = {"carried": torch.zeros(10, 6, dtype=torch.int8), "reach": torch.zeros(10)}
    play = kit.make(net, x, y, index=torch.tensor([7, 2, 0, 9]), memory=memory)
    made = play.attacked(against(y), steps=3)
    play.carry(made)
    assert sorted(memory["reach"].nonzero()[:, 0].tolist()) == [0, 2, 7, 9]
    rows = [3, 1]
    later = kit.make(net, x[rows], y[rows], index=torch.tensor([9, 2]), memory=memory, seed=12).carried("none")
    torch.testing.assert_close(later, made[rows], rtol=0, atol=0.1 / 254 + 1e-6)
    assert bool(play.threat.contains(x[rows], later).all())
    new = kit.make(net, x[rows], y[rows], index=torch.tensor([1, 9]), memory=memory)
    assert torch.equal(new.carried("none")[0], x[3])
