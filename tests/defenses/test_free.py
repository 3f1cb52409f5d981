"""Replays whose image moves by the gradient that the step of the weights left behind."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 2, 0, 1])


def played(kit, text, x, rounds, threat="linf(0.1)", memory=None):
    """Play rounds as the loop does, with a step of the weights after each; return what the net saw, and the slopes."""
    net, memory = kit.Recorded(kit.linear()), {} if memory is None else memory
    unit, slopes = parse(text), []
    for i in range(rounds):
        play = kit.make(net, x, Y, threat, memory=memory, replay=i % unit.replays, seed=i)
        unit.loss(play).mean().backward()
        with torch.no_grad():
            error = net.net(net.seen[-1]).softmax(1) - F.one_hot(Y, 3)
            slopes.append(error @ net.net.weight)
            for p in net.net.parameters():
                p.sub_(0.1 * p.grad)
                p.grad = None
    return net.seen, slopes, memory


def test_each_replay_moves_the_image_by_the_last_gradient(kit):
    """At the weights before the step, and by its sign: a mean over the batch does not matter (T6)."""
    x = kit.inside()
    seen, slopes, _ = played(kit, "free(m=4, step_size=0.03)", x, 4)
    assert torch.equal(seen[0], x)
    for i in range(3):
        want = (seen[i] + 0.03 * slopes[i].sign()).clamp(x - 0.1, x + 0.1)
        torch.testing.assert_close(seen[i + 1], want)
    assert float((seen[3] - x).abs().max()) == pytest.approx(0.09, abs=1e-6)


def test_the_step_is_eps_unless_told_and_is_cut_to_the_threat(kit):
    x = kit.inside()
    seen, slopes, _ = played(kit, "free(m=2)", x, 2)
    torch.testing.assert_close(seen[1], x + 0.1 * slopes[0].sign())


def test_in_l2_the_step_is_along_the_gradient(kit):
    x = kit.inside()
    seen, slopes, _ = played(kit, "free(m=2)", x, 2, "l2(0.2)")
    want = x + 0.2 * slopes[0] / slopes[0].norm(dim=1, keepdim=True)
    torch.testing.assert_close(seen[1], want, rtol=1e-5, atol=1e-6)


def test_a_batch_begins_at_its_images_and_nothing_is_left_of_the_last(kit):
    """G26: between batches the memory is empty, so a checkpoint there holds all."""
    x = kit.inside()
    seen, _, memory = played(kit, "free(m=2)", x, 4)
    assert memory == {}
    assert torch.equal(seen[2], x)
    assert not torch.equal(seen[3], x)
    _, _, memory = played(kit, "free(m=2)", x, 3)
    assert list(memory) == ["images"]


def test_with_one_replay_it_is_plain_training(kit):
    x = kit.inside()
    seen, _, memory = played(kit, "free(m=1)", x, 2)
    assert all(torch.equal(each, x) for each in seen)
    assert memory == {}


def test_bad_fields():
    with pytest.raises(InputError, match="m of free >= 1"):
        parse("free(m=0)")
    with pytest.raises(InputError, match="step_size of free > 0"):
        parse("free(step_size=0)")
