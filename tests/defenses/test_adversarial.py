"""Training on the worst images: on a linear model the worst loss is known."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import parse

EPS = 0.1


def worst(net, x, y):
    """softplus(ε ‖w‖₁ − y (w·x + b)), y = ±1."""
    margin = (2 * y - 1) * (x @ net.weight[1] + net.bias[1])
    return F.softplus(EPS * net.weight[1].abs().sum() - margin)


@pytest.mark.parametrize("text", ["adversarial", "adversarial(steps=1, start='none')", "adversarial(steps=20)"])
def test_on_a_linear_model_the_loss_is_the_worst_one_exactly(kit, text):
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    torch.testing.assert_close(parse(text).loss(kit.make(net, x, y)), worst(net, x, y), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("threat", "dual"), [("l2(0.3)", 2), ("l1(0.3)", float("inf"))])
def test_in_other_norms_it_is_that_of_the_dual_norm(kit, threat, dual):
    """T11: the step has length in the threat's own norm."""
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    margin = (2 * y - 1) * (x @ net.weight[1] + net.bias[1])
    want = F.softplus(0.3 * net.weight[1].norm(p=dual) - margin)
    got = parse("adversarial(steps=20, start='none')").loss(kit.make(net, x, y, threat))
    torch.testing.assert_close(got, want, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("lam", [0.0, 0.5, 1.0, 4.0])
def test_clean_and_adversarial_losses_are_weighed(kit, lam):
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    clean = F.cross_entropy(net(x), y, reduction="none")
    want = (clean + lam * worst(net, x, y)) / (1 + lam)
    got = parse(f"adversarial(lam={lam})").loss(kit.make(net, x, y))
    torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)


def test_a_step_has_the_length_that_was_asked_for(kit):
    """0.03 from the image in the sign of the slope; the default for one step is 1.25 ε, cut at ε."""
    x, y = kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    for text, size in (("step_size=0.03, ", 0.03), ("", EPS)):
        net = kit.Recorded(kit.binary())
        parse(f"adversarial(steps=1, {text}start='none')").loss(kit.make(net, x, y))
        move = -(2 * y - 1)[:, None] * net.net.weight[1].sign()
        torch.testing.assert_close(net.seen[0], x + size * move)


def test_with_predicted_labels_the_attacker_leaves_the_nets_own_answer(kit):
    """T7: where the net is wrong, x' goes the other way than with the true label, and the loss is of the true one."""
    net, x = kit.Recorded(kit.binary()), kit.inside()
    answers = net.net(x).argmax(1)
    wrong = 1 - answers
    true, predicted = (
        parse(f"adversarial(labels='{labels}')").loss(kit.make(net, x, wrong)) for labels in ("true", "predicted")
    )
    torch.testing.assert_close(true, worst(net.net, x, wrong), rtol=1e-5, atol=1e-5)
    margin = (2 * wrong - 1) * (x @ net.net.weight[1] + net.net.bias[1])
    torch.testing.assert_close(
        predicted, F.softplus(-EPS * net.net.weight[1].abs().sum() - margin), rtol=1e-5, atol=1e-5
    )


def test_the_images_are_constants_for_the_weights(kit):
    """The gradient is that of L at x' held still (Danskin)."""
    net, x, y = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    shown = kit.Recorded(net)
    loss = parse("adversarial").loss(kit.make(shown, x, y)).mean()
    got = torch.autograd.grad(loss, list(net.parameters()))
    want = torch.autograd.grad(F.cross_entropy(net(shown.seen[0]), y), list(net.parameters()))
    for one, two in zip(got, want, strict=True):
        torch.testing.assert_close(one, two)


def test_how_long_a_carried_step_is(kit):
    """2.5 ε / steps, and never more than ε."""
    net, x, y = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    for steps, size in ((1, 0.1), (2, 0.1), (5, 0.05)):
        memory = {"carried": torch.zeros(5, 6, dtype=torch.int8), "reach": torch.zeros(5)}
        play, want = kit.make(net, x, y, memory=memory), []
        real = play.attacked
        object.__setattr__(
            play, "attacked", lambda *a, real=real, want=want, **k: want.append(k["step_size"]) or real(*a, **k)
        )
        parse(f"adversarial(steps={steps}, carry=True)").loss(play)
        assert want == [pytest.approx(size)]


def test_a_carried_attacker_goes_on_where_it_ended(kit):
    """Steps of ε/2 add up: after three epochs of one step each it is at the worst corner."""
    net, x, y = kit.binary(), kit.inside(), torch.tensor([0, 1, 1, 0, 1])
    memory = {"carried": torch.zeros(5, 6, dtype=torch.int8), "reach": torch.zeros(5)}
    unit, want = parse("adversarial(steps=1, step_size=0.05, start='none', carry=True)"), worst(net, x, y)
    assert unit.carries
    losses = [unit.loss(kit.make(net, x, y, seed=seed, memory=memory)) for seed in range(3)]
    assert bool((losses[0] < want - 1e-3).all())
    torch.testing.assert_close(losses[2], want, rtol=1e-3, atol=1e-3)


def test_bad_fields():
    with pytest.raises(InputError, match="steps of adversarial >= 1"):
        parse("adversarial(steps=0)")
    with pytest.raises(InputError, match="step_size of adversarial > 0"):
        parse("adversarial(step_size=0)")
    with pytest.raises(InputError, match="lam of adversarial >= 0"):
        parse("adversarial(lam=-1)")


def test_passes():
    assert parse("adversarial(steps=3)").passes == 8
    assert parse("adversarial(steps=3, lam=1)").passes == 10
