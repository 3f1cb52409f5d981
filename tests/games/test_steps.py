"""Optimizers as functions: where torch's own would be, after any number of steps, and with slopes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.games._steps import Steps

SETTINGS = [
    (torch.optim.Adam, {"lr": 0.1}),
    (torch.optim.Adam, {"lr": 0.1, "betas": (0.5, 0.99), "fused": True}),
    (torch.optim.Adam, {"lr": 0.1, "weight_decay": 0.3, "maximize": True}),
    (torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.3, "eps": 1e-3}),
    (torch.optim.RMSprop, {"lr": 0.02, "alpha": 0.9}),
    (torch.optim.RMSprop, {"lr": 0.02, "momentum": 0.8, "centered": True, "weight_decay": 0.2}),
    (torch.optim.SGD, {"lr": 0.1}),
    (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}),
    (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
]


def problem():
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(3, 2, dtype=torch.float64)), nn.Parameter(torch.randn(2, dtype=torch.float64))]
    still = nn.Parameter(torch.ones(1, dtype=torch.float64))
    target = torch.randn(3, 2, dtype=torch.float64)
    loss = lambda one, two: ((one * two - target) ** 2).sum() + (one**4).sum() / 9  # noqa: E731
    return weights, still, loss


@pytest.mark.parametrize(("make", "settings"), SETTINGS)
@pytest.mark.parametrize("before", [0, 3])
def test_steps_are_torchs(make, settings, before):
    """From a fresh optimizer and from one that has moments; a weight without gradient stays."""
    weights, still, loss = problem()
    optimizer = make([*weights, still], **settings)

    def real():
        optimizer.zero_grad()
        loss(*weights).backward()
        optimizer.step()

    for _ in range(before):
        real()
    there: list[torch.Tensor] = [w.detach().clone().requires_grad_() for w in (*weights, still)]
    step = Steps(optimizer)
    for _ in range(5):
        slopes = torch.autograd.grad(loss(*there[:2]), there[:2], create_graph=True)
        there = step(there, [*slopes, None])
        real()
        for ours, theirs in zip(there, (*weights, still), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("make", "settings"), SETTINGS)
def test_the_optimizer_is_left_alone_and_the_slope_is_that_of_differences(make, settings):
    """Of the weights three steps ahead by a number in the loss; moments and weights have not moved."""
    weights, _, loss = problem()
    optimizer = make(weights, **settings)
    loss(*weights).backward()
    optimizer.step()
    kept = [w.detach().clone() for w in weights]
    state = [{k: torch.as_tensor(v).clone() for k, v in optimizer.state[w].items()} for w in weights]

    def ahead(scale: torch.Tensor) -> torch.Tensor:
        there: list[torch.Tensor] = [w.detach().clone().requires_grad_() for w in weights]
        step = Steps(optimizer)
        for _ in range(3):
            there = step(there, torch.autograd.grad(loss(there[0] * scale, there[1]), there, create_graph=True))
        return torch.cat([w.flatten() for w in there]).square().sum()

    at = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(ahead(at), at)
    difference = (ahead(at.detach() + 1e-5) - ahead(at.detach() - 1e-5)) / 2e-5
    assert slope.item() == pytest.approx(difference.item(), rel=1e-5)
    assert all(torch.equal(w, was) for w, was in zip(weights, kept, strict=True))
    for w, was in zip(weights, state, strict=True):
        assert all(torch.equal(torch.as_tensor(optimizer.state[w][k]), v) for k, v in was.items())


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.RMSprop])
def test_a_dead_unit_makes_no_nan(make):
    """Its gradient and moments are 0, where √v has no slope."""
    weight = nn.Parameter(torch.tensor([1.0, -1.0]))
    scale = torch.tensor(2.0, requires_grad=True)
    there = [weight.detach().requires_grad_()]
    step = Steps(make([weight], lr=0.1))
    for _ in range(2):
        there = step(there, torch.autograd.grad((scale * there[0]).relu().sum(), there, create_graph=True))
    (slope,) = torch.autograd.grad(there[0].sum(), scale)
    assert bool(slope.isfinite())
    assert there[0][1] == -1


def test_what_cannot_be_looked_ahead_with_is_refused():
    weight = nn.Parameter(torch.ones(1))
    for optimizer in (torch.optim.Adagrad([weight]), torch.optim.Adam([weight], amsgrad=True)):
        with pytest.raises(InputError, match=f"Adam, AdamW, RMSprop, SGD without amsgrad.*{type(optimizer).__name__}"):
            Steps(optimizer)
    hooked = torch.optim.SGD([weight], lr=1.0)
    hooked.register_step_post_hook(lambda *_: None)
    with pytest.raises(InputError, match=r"nothing follows.*weight_clipping"):
        Steps(hooked)
