"""The evidence: each test speaks up where a search has failed, and keeps quiet where it has not."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Attack, attack
from sparring.audit._evidence import BY_GRADIENT, LEAST, SUBSET, TESTS, Case, chosen, run_test, too_many
from sparring.audit._protocols import FAST
from sparring.data import Dataset
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.victims.adapted import Adapted
from sparring.victims.black_box import BlackBox
from sparring.victims.torch import TorchVictim

Digits = tuple[nn.Module, Tensor, Tensor]
DOUBTING = ("queries", "more_steps", "transfer", "smaller", "noise", "one_step")
"""The tests that count samples which they break."""


class View(nn.Module):
    """A function of images in the form of a module."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[operator]


@pytest.fixture(scope="module")
def table(digits_net: Digits, robust_net: nn.Module) -> tuple[nn.Module, Dataset]:
    """A robust net and the images it gets right."""
    _, x, y = digits_net
    right = robust_net(x).argmax(1) == y
    return robust_net, Dataset(x[right], y[right], tuple("0123456789"))


def case_of(net: nn.Module, data: Dataset, rows: Tensor, threat: str, **change: object) -> Case:
    x, y = data.take(rows)
    case = Case(x, y, TorchVictim(net), BlackBox(net, "scores", 10), parse_as(Threat, threat), data, 10, 0)
    return dataclasses.replace(case, **change)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def honest(table: tuple[nn.Module, Dataset]) -> Case:
    """What the fast protocol left standing."""
    net, data = table
    x, y = data.take()
    standing = torch.ones(len(x), dtype=torch.bool)
    for text in FAST:
        standing &= ~attack(net, x, y, parse_as(Attack, text), "linf(0.15)").success
    return case_of(net, data, chosen(standing.nonzero()[:, 0]), "linf(0.15)")


@pytest.fixture(scope="module")
def failed(table: tuple[nn.Module, Dataset]) -> Case:
    """What a search leaves standing that finds nothing: all samples, at an ε where next to none is safe."""
    net, data = table
    return case_of(net, data, torch.arange(40), "linf(0.35)")


@pytest.mark.parametrize("name", TESTS)
def test_t41_no_test_doubts_an_honest_figure(name: str, honest: Case) -> None:
    """T41: the net is robust because it is robust."""
    assert len(honest.x) >= LEAST
    found = run_test(name, honest)
    assert found["n"] == len(honest.x)
    assert not found["doubtful"], found
    if name == "unbounded":
        assert found["value"] == 0
    if name == "stationarity":
        assert 0 <= found["value"] < 0.2


@pytest.mark.parametrize("name", DOUBTING)
def test_t41_t40_every_test_doubts_a_search_that_failed(name: str, failed: Case) -> None:
    """T41, T40: what is weaker than the search, or no more than as strong, breaks what it left standing."""
    found = run_test(name, failed)
    assert found["doubtful"], found
    assert len(found["broken"]) == round(found["value"] * len(failed.x))
    assert list(found["broken"]) == sorted(set(found["broken"]))
    assert ": " in found["says"]


@pytest.mark.parametrize("name", ["noise", "one_step", "queries", "transfer"])
def test_what_is_said_to_be_broken_is_broken(name: str, failed: Case) -> None:
    """The model is asked for its own answer to whatever was found: an identical victim that never errs loses none."""
    x, y, k = failed.x, failed.y, 10

    def knows(z: Tensor) -> Tensor:
        """The label of the nearest original, which nothing inside the threat changes."""
        near = torch.cdist(z.flatten(1), x.flatten(1), p=math.inf).argmin(1)
        return nn.functional.one_hot(y[near], k).float()

    data = Dataset(x, y, tuple("0123456789"))
    safe = dataclasses.replace(
        failed, box=BlackBox(knows, "scores", k), threat=parse_as(Threat, "linf(0.05)"), data=data,
        victim=Adapted(View(knows), knows, sparring.parse("linear", "model").build((1, 8, 8), k)),
    )  # fmt: skip
    found = run_test(name, safe)
    assert found["broken"] == ()
    assert not found["doubtful"]


def test_t41_gradients_of_another_net_are_beaten_by_queries_noise_and_transfer(
    table: tuple[nn.Module, Dataset],
) -> None:
    """T41 i, iv, vi: the victim shows a slope that has nothing to do with what it says."""
    net, data = table
    other = sparring.parse("linear", "model").build((1, 8, 8), 10, seed=3).requires_grad_(False)
    victim = Adapted(net, net, other)
    x, y = data.take()
    stood = attack(victim, x, y, parse_as(Attack, FAST[0]), "linf(0.3)")
    rows = (~stood.success).nonzero()[:, 0]
    assert len(rows) > 60, "the figure is much too kind"
    case = case_of(net, data, chosen(rows), "linf(0.3)", victim=victim)
    assert [name for name in ("queries", "noise", "transfer") if not run_test(name, case)["doubtful"]] == []


def test_t41_a_victim_whose_slope_points_away_is_beaten_with_no_bound_on_the_change() -> None:
    """T41 ii: a class that fills the box but for one corner, which only a true slope finds."""
    x = 0.3 + 0.4 * torch.rand(24, 12)
    data = Dataset(x, torch.ones(24, dtype=torch.int64), ("corner", "rest"))

    def net(z: Tensor) -> Tensor:
        return torch.stack([1 - z.sum(1), z.sum(1) - 1], 1)

    case = dataclasses.replace(case_of(View(net), data, torch.arange(24), "linf(0.1)"), classes=2)
    found = run_test("unbounded", case)
    assert (found["doubtful"], found["value"]) == (False, 0)
    away = Adapted(net, net, View(lambda z: 2 * net(z).detach() - net(z)))
    found = run_test("unbounded", dataclasses.replace(case, victim=away))
    assert (found["doubtful"], found["value"], found["broken"]) == (True, 1, ())


def test_t41_stationarity_is_the_share_of_the_slope_that_is_left() -> None:
    """T41 viii: 0 at the best corner of a linear model; much is left where waves hide the way to it."""
    net = nn.Linear(6, 2).requires_grad_(False)
    x = 0.5 + 0.1 * (torch.rand(30, 6) - 0.5)
    data = Dataset(x, net(x).argmax(1), ("a", "b"))
    case = dataclasses.replace(case_of(net, data, torch.arange(30), "linf(0.01)"), classes=2)
    assert run_test("stationarity", case)["value"] == pytest.approx(0, abs=1e-5)
    wavy = Adapted(net, net, View(lambda z: net(z + 0.02 * torch.sin(1500 * z))))
    assert run_test("stationarity", dataclasses.replace(case, victim=wavy))["value"] > 0.1


def test_without_a_gradient_only_what_needs_none_is_run(failed: Case) -> None:
    blind = dataclasses.replace(failed, victim=None)
    for name in TESTS:
        found = run_test(name, blind)
        assert (found["says"] == "there is no gradient to test") == (name in BY_GRADIENT), name
        assert found["doubtful"] == (name in ("queries", "transfer", "noise")), name


@pytest.mark.parametrize(
    ("threat", "access"), [("linf(0.35)", "decision"), ("l2(4)", "decision"), ("l1(20)", "scores")]
)
def test_t41_queries_are_asked_in_the_form_that_the_victim_shows(
    threat: str, access: str, table: tuple[nn.Module, Dataset]
) -> None:
    net, data = table
    box = BlackBox(net, access, 10)  # type: ignore[arg-type]
    found = run_test("queries", case_of(net, data, torch.arange(12), threat, box=box))
    assert found["doubtful"], found
    assert found["says"].startswith("an attack by queries broke")


def test_what_there_is_no_attack_for_says_so(table: tuple[nn.Module, Dataset]) -> None:
    net, data = table
    found = run_test("queries", case_of(net, data, torch.arange(4), "l0(3)"))
    assert (found["doubtful"], found["broken"]) == (False, ())
    assert "l0" in found["says"]
    assert "not tried" in found["says"]


def linear_case(threat: str, *, beyond: bool) -> Case:
    """Samples of a linear model at more, or at less, than ε from its boundary, by the closed form."""
    g = torch.Generator().manual_seed(0)
    net = nn.Linear(12, 2).requires_grad_(False)
    net.weight.data, net.bias.data = torch.randn(2, 12, generator=g), torch.zeros(2)
    x = 0.5 + 0.1 * (torch.rand(400, 12, generator=g) - 0.5)
    w = net.weight[1] - net.weight[0]
    net.bias.data[1] -= (x @ w).median()
    lead, limit = (x @ w + net.bias[1]).abs(), parse_as(Threat, threat)
    most = {"linf": w.abs().sum(), "l2": w.norm(), "l1": w.abs().max()}[limit.name()]
    distance = lead / most
    chosen_rows = distance > 1.05 * limit.radius if beyond else distance < 0.7 * limit.radius
    data = Dataset(x, net(x).argmax(1), ("a", "b"))
    rows = chosen_rows.nonzero()[:24, 0]
    assert len(rows) >= 12
    return dataclasses.replace(case_of(net, data, rows, threat), classes=2, box=BlackBox(net, "scores", 2))


@pytest.mark.parametrize("threat", ["linf(0.01)", "l2(0.03)", "l1(0.08)"])
@pytest.mark.parametrize("name", TESTS)
def test_in_every_norm_no_test_breaks_what_cannot_be_broken(name: str, threat: str) -> None:
    """Closed form: the samples lie further from the boundary than ε."""
    found = run_test(name, linear_case(threat, beyond=True))
    assert (found["broken"], found["doubtful"]) == ((), False), found


@pytest.mark.parametrize("threat", ["linf(0.01)", "l2(0.03)", "l1(0.08)"])
@pytest.mark.parametrize("name", ["queries", "more_steps", "one_step", "transfer"])
def test_in_every_norm_what_lies_nearer_is_broken(name: str, threat: str) -> None:
    """Closed form: the samples lie well inside ε of the boundary."""
    found = run_test(name, linear_case(threat, beyond=False))
    assert found["doubtful"], found


def test_every_test_runs_in_l0(table: tuple[nn.Module, Dataset]) -> None:
    """At no pixel to spare nothing breaks, at 30 of 64 nearly everything does."""
    net, data = table
    one = [run_test(name, case_of(net, data, torch.arange(8), "l0(30)")) for name in TESTS]
    doubtful = {each["name"] for each in one if each["doubtful"]}
    assert doubtful >= {"more_steps", "smaller", "one_step"}


def test_a_few_among_many_are_tolerated() -> None:
    assert [too_many(k, 64) for k in (0, 2, 3, 64)] == [False, False, True, True]
    assert [too_many(k, 200) for k in (3, 6, 7)] == [False, False, True]
    assert [too_many(k, 3) for k in (2, 3)] == [False, True]


@pytest.mark.parametrize("n", [0, 1, 5, LEAST, 60, 3 * SUBSET, 1000])
def test_the_evidence_is_taken_on_samples_spread_evenly(n: int) -> None:
    standing = torch.arange(100, 100 + n)
    few = chosen(standing)
    assert len(few) == len(few.unique()) == min(n, SUBSET, max(LEAST, n // 3))
    assert set(few.tolist()) <= set(standing.tolist())
    if n > 1:
        assert (few[0], few[-1]) == (100, 99 + n)


@pytest.mark.parametrize("name", ["noise", "queries", "transfer"])
def test_the_same_case_finds_the_same(name: str, failed: Case) -> None:
    torch.rand(3)
    assert run_test(name, failed) == run_test(name, failed)
