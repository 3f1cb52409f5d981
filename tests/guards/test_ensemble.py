"""Ensemble: members trained apart, their disagreement, and refusals at the rate that was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import sparring
from sparring.data import load_data
from sparring.errors import InputError
from sparring.guards.ensemble import Ensemble, Panel, renewed
from sparring.models import fit
from sparring.registry import parse


@pytest.fixture(scope="module")
def panel() -> tuple[nn.Module, Panel]:
    """A net on digits, and the ensemble around it, calibrated on the other half of the test set."""
    train, test = load_data("digits:train"), load_data("digits:test")
    net = parse("mlp(hidden=(32,))", "model").build(train.shape, 10)  # type: ignore[attr-defined]
    fit(net, train, epochs=8)
    from sparring.data import Dataset

    x, y = test.take(range(180))
    guarded = Ensemble(members=2, epochs=8, false_alarms=0.1).fit(net, train, Dataset(x, y, test.classes))
    assert isinstance(guarded, Panel)
    return net, guarded


def test_members_are_other_nets_that_are_as_good(panel: tuple[nn.Module, Panel]) -> None:
    net, guarded = panel
    x, y = load_data("digits:test").take()
    right = [(each(x).argmax(1) == y).double().mean() for each in (guarded.net, *guarded.others)]
    assert min(right) > 0.9
    weights = [next(iter(each.parameters())) for each in (guarded.net, *guarded.others)]
    assert all((one - other).abs().mean() > 0.01 for one, other in ((weights[0], weights[1]), (weights[1], weights[2])))
    assert torch.equal(weights[0], next(iter(net.parameters())))


def test_the_answer_is_the_mean_probability_and_refusals_are_where_they_disagree(
    panel: tuple[nn.Module, Panel],
) -> None:
    _, guarded = panel
    x, y = load_data("digits:test").take(range(180, 359))
    p = torch.stack([each(x).softmax(1) for each in (guarded.net, *guarded.others)])
    logits, score = guarded.judge(x)
    assert torch.allclose(logits.exp(), p.mean(0), atol=1e-5)
    assert torch.allclose(score, (p * (p / p.mean(0)).log()).sum(2).mean(0), atol=1e-4)
    answer = guarded(x).argmax(1)
    refused = answer == 10
    assert torch.equal(refused, score > guarded.threshold)
    assert 0 < refused.double().mean() < 0.2
    assert (answer[~refused] == y[~refused]).double().mean() > (logits.argmax(1) == y).double().mean(), "it chose well"
    odd = torch.rand(100, 1, 8, 8)
    assert (guarded(odd).argmax(1) == 10).double().mean() > 2 * refused.double().mean()


def test_it_comes_back_from_its_state_and_costs_a_pass_a_member(panel: tuple[nn.Module, Panel]) -> None:
    net, guarded = panel
    x, y = load_data("digits:test").take(range(20))
    back = Ensemble(members=2).restore(net, guarded.state_dict())
    assert torch.equal(back(x), guarded(x))
    found = sparring.attack(guarded, x, y, "pgd(steps=5)", "linf(0.2)", fast=False)
    assert bool((found.forwards % 3 == 0).all())


def test_a_joint_attack_gets_past_all_of_them(panel: tuple[nn.Module, Panel]) -> None:
    _, guarded = panel
    x, y = load_data("digits:test").take()
    answered = guarded(x).argmax(1) == y
    found = sparring.attack(guarded, x[answered][:40], y[answered][:40], "apgd(steps=40)", "linf(0.25)")
    assert found.success_rate > 0.5
    assert not (guarded(found.images[found.success]).argmax(1) == 10).any()


def test_weights_are_drawn_anew_from_the_seed_and_the_net_is_left_as_it_is() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2))
    with torch.no_grad():
        net[1].running_mean.fill_(3)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    one, same, other = renewed(net, 1), renewed(net, 1), renewed(net, 2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(one[0].weight, same[0].weight)  # type: ignore[index]
    assert not torch.equal(one[0].weight, other[0].weight)  # type: ignore[index]
    assert not one[1].running_mean.any()  # type: ignore[index]


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))


def test_weights_nobody_knows_how_to_draw_are_refused() -> None:
    with pytest.raises(InputError, match="Odd at 1 without"):
        renewed(nn.Sequential(nn.Linear(2, 2), Odd()), 0)
    with pytest.raises(InputError, match="of ensemble"):
        Ensemble(members=0)
