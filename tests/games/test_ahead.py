"""A loss as it will be: what is put in the place of weights, what is left as found, and in several processes."""

from __future__ import annotations

import dataclasses
import threading

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.core.group import Group, one_process
from sparring.errors import InputError
from sparring.games import Player, Table, Turn
from sparring.games._ahead import loss_ahead


def pair(group=None, dtype=torch.float64):
    """A judge with batch norm and a maker; both losses read both."""
    torch.manual_seed(0)
    judge = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).to(dtype)
    maker = nn.Linear(3, 2).to(dtype)
    players = {
        "judge": Player(judge, torch.optim.Adam(judge.parameters(), lr=0.05)),
        "maker": Player(maker, torch.optim.SGD(maker.parameters(), lr=0.1)),
    }
    return judge, maker, Table(players, group)


def turns(judge, maker, x, z, weight=1.0):
    one = Turn("judge", lambda: (F.softplus(-judge(x)) + F.softplus(judge(maker(z)))).mean(), weight=weight)
    return one, Turn("maker", lambda: F.softplus(-judge(maker(z))).mean(), weight=weight)


def test_all_of_the_first_is_as_it_was():
    """G24: weights, flags, moments and running statistics; of the other, what a forward of its own loss moves."""
    judge, maker, table = pair()
    x, z = torch.rand(6, 2, dtype=torch.float64), torch.rand(6, 3, dtype=torch.float64)
    first, second = turns(judge, maker, x, z)
    table.gradient(first)
    table.step("judge")
    memory = {"count": torch.tensor(1)}
    state = {name: value.clone() for name, value in judge.state_dict().items()}
    moments = [{k: v.clone() for k, v in each.items()} for each in table.players["judge"].optimizer.state.values()]
    slopes = [p.grad.clone() for p in judge.parameters()]

    def counting():
        memory["count"] = memory["count"] + 1
        assert judge[0].weight is not weight  # another tensor stands there
        return turns(judge, maker, x, z)[0].loss()

    weight = judge[0].weight
    first = dataclasses.replace(first, whole=counting)
    loss = table.gradient(second, lambda: loss_ahead(table, first, second, 3, memory))
    assert memory == {"count": torch.tensor(1)}
    assert judge[0].weight is weight
    assert all(torch.equal(value, state[name]) for name, value in judge.state_dict().items())
    after = table.players["judge"].optimizer.state.values()
    for one, two in zip(moments, after, strict=True):
        assert all(torch.equal(one[k], two[k]) for k in two)
    assert all(torch.equal(p.grad, was) for p, was in zip(judge.parameters(), slopes, strict=True))
    assert all(p.requires_grad for p in (*judge.parameters(), *maker.parameters()))
    table.step("maker")
    assert loss != second.loss()


def test_it_is_where_real_steps_lead():
    judge, maker, table = pair()
    x, z = torch.rand(6, 2, dtype=torch.float64), torch.rand(6, 3, dtype=torch.float64)
    first, second = turns(judge, maker, x, z)
    with torch.enable_grad():
        ahead = loss_ahead(table, first, second, 3, {}).item()
    assert not table.players["judge"].optimizer.state
    for _ in range(3):
        table.gradient(first)
        table.step("judge")
    assert ahead == pytest.approx(second.loss().item(), rel=1e-10)


class Meeting:
    """Processes as threads: what is added up waits for all."""

    def __init__(self, size: int) -> None:
        self.barrier, self.values = threading.Barrier(size), [torch.zeros(1)] * size

    def group(self, rank: int) -> Group:
        meeting = self

        class Member(Group):
            def add(self, values: torch.Tensor) -> None:
                meeting.values[rank] = values.clone()
                meeting.barrier.wait(60)
                values.copy_(sum(meeting.values))
                meeting.barrier.wait(60)

        return Member(rank, len(self.values))


def test_two_processes_have_the_slope_of_one():
    """G10: 4 samples here and 2 there, without batch norm; both have the gradient of all, three steps ahead."""
    x, z = torch.rand(6, 2, dtype=torch.float64), torch.rand(6, 3, dtype=torch.float64)
    slopes: dict[str, list[torch.Tensor]] = {}

    def play(name, group, rows, weight):
        torch.manual_seed(0)
        judge, maker, table = made[name]
        first, second = turns(judge, maker, x[rows], z[rows], weight)
        table.gradient(second, lambda: loss_ahead(table, first, second, 3, {}))
        slopes[name] = [p.grad for p in maker.parameters()]

    meeting, made = Meeting(2), {}
    plans = [
        ("one", one_process(), slice(0, 6), 1.0),
        ("here", meeting.group(0), slice(0, 4), 4 / 6),
        ("there", meeting.group(1), slice(4, 6), 2 / 6),
    ]
    for name, group, *_ in plans:
        made[name] = pair(group)
        made[name][0][1] = nn.Identity()
    play(*plans[0])
    threads = [threading.Thread(target=play, args=plan) for plan in plans[1:]]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    for one, here, there in zip(*(slopes[name] for name, *_ in plans), strict=True):
        torch.testing.assert_close(here, one, rtol=1e-9, atol=1e-12)
        assert torch.equal(here, there)


def test_a_loss_that_does_not_see_the_tensors_is_refused():
    """Weights that a closure keeps for itself cannot be exchanged; a slope through them would be silently wrong."""
    x = nn.ParameterList([torch.tensor(1.0)])
    own = x[0]
    table = Table({"x": Player(x, torch.optim.SGD(x.parameters(), lr=1.0))})
    with pytest.raises(InputError, match="a loss of x that takes weights from its module whenever it is asked"):
        loss_ahead(table, Turn("x", lambda: own**2), Turn("x", lambda: own**2), 1, {})
