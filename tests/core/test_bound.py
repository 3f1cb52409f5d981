"""The bound against divergences that are known, and the gradient whose batches are not biased."""

from __future__ import annotations

import math

import pytest
import torch

from sparring.core.bound import corrected_loss, donsker_varadhan, log_mean_exp

NEVER = torch.tensor(-math.inf, dtype=torch.float64)


def test_log_mean_exp_does_not_overflow():
    assert log_mean_exp(torch.tensor([-2000.0, -2000.0 + math.log(3)])).item() == pytest.approx(math.log(2) - 2000)


def test_the_best_statistic_reaches_the_divergence_and_others_stay_below():
    """KL(N(1, 1) ‖ N(0, 1)) = ½, at T = x − ½, up to a constant."""
    draw = torch.Generator().manual_seed(0)
    x, y = (torch.randn(400_000, generator=draw, dtype=torch.float64) for _ in range(2))
    x = x + 1
    assert donsker_varadhan(x + 7, y + 7).item() == pytest.approx(0.5, abs=0.01)
    for slope in (0.5, 1.5):
        exact = slope - slope**2 / 2
        assert donsker_varadhan(slope * x, slope * y).item() == pytest.approx(exact, abs=0.02)
        assert exact < 0.5


def test_its_first_gradient_is_that_of_the_bound():
    ours, others = (torch.randn(n, dtype=torch.float64, requires_grad=True) for n in (5, 7))
    want = torch.autograd.grad(-donsker_varadhan(ours, others), [ours, others])
    got = torch.autograd.grad(corrected_loss(ours, others, NEVER)[0], [ours, others])
    for one, two in zip(got, want, strict=True):
        torch.testing.assert_close(one, two)


def test_small_batches_have_the_gradient_of_a_large_one():
    """G28: at T = a y, d/da log E e^(ay) = a for normal y; batches of two say less, corrected ones do not."""
    draw = torch.Generator().manual_seed(0)
    a = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    memory, slopes, plain = NEVER, [], []
    for step in range(8_000):
        y = torch.randn(2, generator=draw, dtype=torch.float64)
        if step < 1000:  # every batch of these is part of the mean, and none of the slopes
            memory = corrected_loss(0 * y, y, memory, 0.01)[1]
            continue
        weights = (y - torch.logaddexp(memory + math.log(0.999), log_mean_exp(y) + math.log(0.001))).exp()
        slopes.append(float((weights * y).mean()))
        plain.append(float((y.softmax(0) * y).sum()))
        memory = corrected_loss(0 * y, y, memory, 0.001)[1]
    loss, after = corrected_loss(a * torch.zeros(2, dtype=torch.float64), a * y, memory, 0.001)
    (slope,) = torch.autograd.grad(loss, a)
    assert slope.item() == pytest.approx(float(((y - after).exp() * y).mean()))
    assert sum(plain) / len(plain) < 0.75
    assert sum(slopes) / len(slopes) == pytest.approx(1.0, abs=0.1)


def test_the_running_mean_begins_with_the_first_batch():
    values = torch.tensor([0.0, math.log(3)], dtype=torch.float64)
    _, memory = corrected_loss(values, values, NEVER, 0.25)
    assert memory.exp().item() == pytest.approx(2.0)
    _, memory = corrected_loss(values, values + math.log(3), memory, 0.25)
    assert memory.exp().item() == pytest.approx(0.75 * 2 + 0.25 * 6)
    _, memory = corrected_loss(values, values, memory, 1.0)
    assert memory.exp().item() == pytest.approx(2.0)
