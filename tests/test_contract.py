"""Attacks, guards and threats of the registry keep the public contract, and it catches those that do not."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from sparring.attacks import Attack, attack
from sparring.attacks._objectives import ce, margin
from sparring.attacks._search import Search
from sparring.core.seeds import Streams
from sparring.data import Dataset
from sparring.guards import Guard
from sparring.registry import parse, units
from sparring.testing import check_attack, check_guard, check_threat
from sparring.threats import Threat
from sparring.threats.linf import Linf
from sparring.types import Images

ATTACKS = [(name, cast(type[Attack], cls)) for name, cls in units("attack").items()]
SMALLER = {"steps": 10, "search_steps": 4, "rounds": 4, "restarts": 1, "queries": 150}
"""What a contract test needs of an attack's length: the promises do not depend on it."""


FEWER = {"members": 1, "epochs": 2, "draws": 8, "samples": 600}
"""The same of a guard."""


def small(cls: type[Attack]) -> Attack:
    """Return the attack with its defaults, but shorter, unless it forges: step by step, it has a way to go."""
    unit = cls()
    if unit.passes(3) <= 90 or cls.goals == "targeted":
        return unit
    fields = {field.name for field in dataclasses.fields(unit)}
    fewer = {key: min(count, getattr(unit, key)) for key, count in SMALLER.items() if key in fields}
    return dataclasses.replace(unit, **fewer)


LONG = ("forge_near-l2", "lbfgs-l2", "hopskipjump-linf", "fmn-l1", "cw_l0-l0")
"""What takes 4 to 13 seconds, and is held to the promises among the slow tests."""


@pytest.mark.parametrize(
    ("cls", "norm"),
    [
        pytest.param(cls, norm, id=f"{name}-{norm}", marks=[pytest.mark.slow] if f"{name}-{norm}" in LONG else [])
        for name, cls in ATTACKS for norm in cls.norms
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
def test_every_attack_keeps_the_contract(cls: type[Attack], norm: str) -> None:
    """T6, T9, T21, T22, T27–T31, T34–T37 on each attack in each of its norms."""
    check_attack(small(cls), norms=[norm])


@pytest.mark.parametrize(
    "text",
    ["linf(8/255)", "linf(0.1, bounds=((-1, 0, -2), (1, 2, 3)))", "linf((0.1, 0.2, 0.3))", "l2(0.5)", "l1(2)", "l0(3)"],
)
def test_every_threat_keeps_the_contract(text: str) -> None:
    """T9, T10, T11."""
    check_threat(cast(Threat, parse(text)))


def test_every_threat_at_its_defaults() -> None:
    for cls in units("threat").values():
        check_threat(cast(Threat, cls()))


@pytest.mark.parametrize("name", list(units("guard")))
def test_every_guard_keeps_the_contract(name: str) -> None:
    """T28, T29, T30, T35."""
    unit = cast(Guard, units("guard")[name]())
    fields = {field.name for field in dataclasses.fields(unit)}
    check_guard(dataclasses.replace(unit, **{key: count for key, count in FEWER.items() if key in fields}))


class Plain(nn.Module):
    """A net as it is."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.net(x)
        return logits


@dataclass(frozen=True)
class Nothing(Guard):
    """A guard that does nothing, which the spoiled ones below differ from in one thing."""

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        return Plain(net).eval()

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        return Plain(net).eval()


@dataclass(frozen=True)
class ChangesModes(Nothing):
    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        return Plain(net.eval())


@dataclass(frozen=True)
class StaysInTraining(Nothing):
    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        return Plain(net)


@dataclass(frozen=True)
class OnlySaysThatItRejects(Nothing):
    rejects = True


@dataclass(frozen=True)
class Centers(Nothing):
    """Takes the batch's mean off, so that images depend on each other."""

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        class Mixed(Plain):
            def forward(self, x: Tensor) -> Tensor:
                return super().forward(x - x.mean(0))

        return Mixed(net).eval()


@dataclass(frozen=True)
class Forgets(Nothing):
    """Learns a number that is not in its state."""

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        class Offset(Plain):
            def forward(self, x: Tensor) -> Tensor:
                return super().forward(x + 0.1)

        return Offset(net).eval()


@dataclass(frozen=True)
class RefusesMore(Nothing):
    """Refuses half of what it sees, and says a twentieth."""

    rejects = True
    false_alarms: float = 0.05

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        return self.restore(net, {})

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        class Wary(Plain):
            rejects = True

            def forward(self, x: Tensor) -> Tensor:
                logits = super().forward(x)
                dark = x.flatten(1).mean(1, keepdim=True) < 0.4
                return torch.cat([logits, logits.amax(1, keepdim=True) + dark.float() - 0.5], 1)

        return Wary(net).eval()


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (ChangesModes, "modes as they were"),
        (StaysInTraining, "in eval mode"),
        (OnlySaysThatItRejects, "a model that rejects: True"),
        (Centers, "judged for itself"),
        (Forgets, "its state to give the same model back"),
        (RefusesMore, "at most about 5% false alarms"),
    ],
)
def test_the_contract_catches_guards_that_break_it(spoiled: type[Guard], words: str) -> None:
    check_guard(Nothing())
    with pytest.raises(AssertionError, match=words):
        check_guard(spoiled())


@dataclass(frozen=True)
class Fair(Attack):
    """A plain attack that the spoiled ones below differ from in one thing."""

    norms = ("linf",)

    def passes(self, classes: int) -> int:
        return 7

    def run(self, search: Search) -> None:
        x = search.x
        for _ in range(3):
            _, slope = search.gradient(x, margin)
            x = search.threat.step(search.x, x, slope, 0.2)
        search.logits(x)


@dataclass(frozen=True)
class Understates(Fair):
    def passes(self, classes: int) -> int:
        return 3


@dataclass(frozen=True)
class DrawsGlobally(Fair):
    def run(self, search: Search) -> None:
        search.logits(search.threat.project(search.x, search.x + 2 * torch.rand_like(search.x) - 1))
        Fair.run(self, search)

    def passes(self, classes: int) -> int:
        return 8


@dataclass(frozen=True)
class MindsCompany(Fair):
    def run(self, search: Search) -> None:
        _, slope = search.gradient(search.x, margin)
        search.logits(search.threat.step(search.x, search.x, slope.mean(0, keepdim=True).expand_as(slope), 0.4))


@dataclass(frozen=True)
class WrongWay(Fair):
    def run(self, search: Search) -> None:
        _, slope = search.gradient(search.x, ce)
        search.logits(search.threat.step(search.x, search.x, -slope, 0.4))


@dataclass(frozen=True)
class WorksInPlace(Fair):
    def run(self, search: Search) -> None:
        search.x.sub_(0.0).clamp_(0.2, 0.8)
        Fair.run(self, search)


@dataclass(frozen=True)
class MakesNaN(Fair):
    def run(self, search: Search) -> None:
        search.logits(search.x / 0 * 0)


@dataclass(frozen=True)
class NotOneValue(Fair):
    __hash__ = object.__hash__


@dataclass(frozen=True)
class Spends(Fair):
    """Passes made behind the search's back."""

    def run(self, search: Search) -> None:
        search._model(search.x)
        Fair.run(self, search)


def test_the_plain_attack_passes() -> None:
    check_attack(Fair())


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (Understates, "passes a sample as it declares"),
        (DrawsGlobally, "expected the same images"),
        (MindsCompany, "expected the same|the same success"),
        (WrongWay, "broke none"),
        (NotOneValue, "expected a value"),
        (Spends, "expected a ledger"),
    ],
)
@pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
def test_the_contract_catches_what_breaks_it(spoiled: type[Attack], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_attack(spoiled())


@dataclass(frozen=True)
class Leaves(Linf):
    def step(self, x: Images, z: Images, gradient: Images, size: float) -> Images:
        return z + size * gradient.sign()


@dataclass(frozen=True)
class Shrinks(Linf):
    def extreme(self, x: Images, gradient: Images) -> Images:
        return x + 0.3 * (Linf.extreme(self, x, gradient) - x)


@dataclass(frozen=True)
class Halfway(Linf):
    def project(self, x: Images, z: Images) -> Images:
        return x + 0.5 * (Linf.project(self, x, z) - x)


@dataclass(frozen=True)
class DrawsFar(Linf):
    def sample(self, x: Images, streams: Streams) -> Images:
        return self.sample_box(x, streams)


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (Leaves, "step to stay inside"),
        (Shrinks, "further than extreme"),
        (Halfway, "final"),
        (DrawsFar, "sample to stay"),
    ],
)
def test_the_contract_catches_threats_that_break_it(spoiled: type[Threat], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_threat(spoiled(0.1))


@pytest.mark.parametrize(("name", "cls"), ATTACKS, ids=[name for name, _ in ATTACKS])
@pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
def test_every_attack_at_its_defaults_breaks_a_trained_net(
    name: str, cls: type[Attack], digits_net: tuple[torch.nn.Module, torch.Tensor, torch.Tensor]
) -> None:
    """And every success is in the ball and confirmed by the net itself, twin or not (T9, T20)."""
    net, x, y = digits_net
    x, y = x[:12], y[:12]
    limits = {"linf": "linf(0.3)", "l2": "l2(3)", "l1": "l1(12)", "l0": "l0(20)"}
    limit = cast(Threat, parse(cls.free_threat or limits[cls.norms[0]]))
    targets = (y + 1) % 10 if cls.goals == "targeted" else None
    found = attack(net, x, y, small(cls), limit, targets=targets)
    answer = net(found.images).argmax(1)
    assert torch.equal(found.success, answer != y if targets is None else answer == targets)
    assert bool(limit.contains(x, found.images).all())
    assert found.success_rate >= (0.2 if targets is not None else 0.5)
