"""The contracts of attacks, guards and threats, runnable by anyone on units of their own.

Each check raises `AssertionError` with a sentence that says what was promised and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.attacks import Adversarials, Attack, attack
from sparring.core.seeds import Streams
from sparring.guards._contract import check_guard
from sparring.registry import lookup, parse, show, units
from sparring.threats import Threat

__all__ = ["check_attack", "check_guard", "check_threat"]

RADII = {"linf": 0.4, "l2": 1.5, "l1": 5.0, "l0": 8.0}
"""Radii at which a small linear model over [0, 1] is easy to break."""


def check_attack(method: Attack, *, norms: Sequence[str] | None = None) -> None:
    """Hold an attack to what every attack promises, on small linear models, in each of its norms (or `norms`).

    It is a value, built with no arguments, and equal to its text if the registry has it. The same seed gives the
    same result, whatever the order, the batch size and the company. Model, gradients and generators are left as
    found. What it finds is in the box and in the ball, and the model agrees. Its ledger is true, within its own
    `passes`, and within any budget. It breaks an easy model, with 2 classes and 3, one image and many, in float32
    and float64, and spends nothing on images that are wrong already.

    Raises: AssertionError, one sentence.

    Cost: about ten runs of the attack for each norm.

    >>> check_attack(parse("pgd(steps=5)"), norms=["linf"])
    """
    _check_value(method, "attack")
    for norm in norms or method.norms:
        threat = lookup(norm, "threat")(RADII.get(norm, 1.0))  # type: ignore[call-arg]
        assert isinstance(threat, Threat)
        for case in _cases(method, threat):
            _check_strength(case)
            _check_books(case)
            _check_company(case)
            _check_traces(case)


@dataclass(frozen=True)
class _Case:
    method: Attack
    threat: Threat
    net: nn.Module
    x: Tensor
    y: Tensor
    targets: Tensor | None

    def run(self, rows: Tensor | None = None, model: nn.Module | None = None, **options: int | bool) -> Adversarials:
        rows = torch.arange(len(self.x)) if rows is None else rows
        targets = None if self.targets is None else self.targets[rows]
        return attack(
            model or self.net, self.x[rows], self.y[rows], self.method, self.threat, targets=targets, **options,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def told(self) -> str:
        kind = "targeted" if self.targets is not None else "untargeted"
        return f"{self.method} ({kind}, {self.threat}, {self.net[1].out_features} classes, {self.x.dtype})"  # type: ignore[index]


def _cases(method: Attack, threat: Threat) -> Iterator[_Case]:
    """Small linear models: both goals, 2 classes and 3, both types."""
    for classes, dtype, targeted in ((3, torch.float32, False), (3, torch.float32, True), (2, torch.float64, False)):
        targeted = method.goals == "targeted" or (targeted and method.goals == "any")
        generator = torch.Generator().manual_seed(classes)
        linear = nn.Linear(12, classes, dtype=dtype)
        net = nn.Sequential(nn.Flatten(), linear)
        weight = torch.randn(classes, 12, generator=generator, dtype=dtype)
        x = torch.rand(5, 3, 2, 2, generator=generator, dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(-(x.flatten(1) @ weight.T).mean(0))
            y = net(x).argmax(1)
        yield _Case(method, threat, net, x, y, (y + 1) % classes if targeted else None)


def _require(held: bool, case: _Case, promise: str) -> None:
    if not held:
        raise AssertionError(f"{case.told}: expected {promise}")


def _check_value(unit: Attack | Threat, kind: str) -> None:
    one, two = type(unit)(), type(unit)()
    if one != two or hash(one) != hash(two):
        raise AssertionError(f"{unit}: expected a value, two of which are equal and hash alike when built alike")
    if type(unit) in units(kind).values() and parse(show(unit), kind) != unit:
        raise AssertionError(f"{unit}: expected its text to give it back, got {parse(show(unit), kind)!r}")


def _check_strength(case: _Case) -> None:
    found = case.run()
    _require(bool(found.success.any()), case, "to break an easy linear model, broke none of its images")
    won = found.success
    wanted = case.net(found.images).argmax(1)
    agrees = wanted != case.y if case.targets is None else wanted == case.targets
    _require(bool(agrees[won].all()), case, "successes that the model agrees to")
    _require(bool(case.threat.contains(case.x, found.images)[won].all()), case, "successes inside ball and box")
    distance = case.threat.distance(found.images.double() - case.x.double())
    _require(
        torch.allclose(distance[won], found.distance[won], rtol=1e-4), case, "distances that are those of the images"
    )
    _require(torch.equal(found.images[~won], case.x[~won]), case, "the original where it failed")
    _require(bool(torch.isfinite(found.strongest).all()), case, "finite images")
    _require(found.images.dtype == case.x.dtype, case, "images in the type they came in")
    one = case.run(torch.arange(1))
    _require(bool(one.success[0] == won[0]), case, "the same success for one image alone")


class _Counter(nn.Sequential):
    """A model that counts passes of images in both directions."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += len(x)
        logits: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
        if logits.requires_grad:
            logits.register_hook(self._back)  # type: ignore[no-untyped-call]
        return logits

    def _back(self, slope: Tensor) -> None:
        self.passes += len(slope)


def _check_books(case: _Case) -> None:
    counter = _Counter(*case.net.children())
    found = case.run(model=counter, fast=False)
    spent = found.forwards + found.backwards
    _require(counter.passes == int(spent.sum()), case, f"a ledger of {counter.passes} passes, got {int(spent.sum())}")
    most = 1 + case.method.passes(found.logits.shape[1])
    _require(int(spent.max()) <= most, case, f"at most {most} passes a sample as it declares, spent {int(spent.max())}")
    for budget in (2, 3, 5, most // 2 + 2):
        cut = case.run(budget=budget)
        worst = int((cut.forwards + cut.backwards).max())
        _require(worst <= budget, case, f"at most the budget of {budget} passes, spent {worst}")
    answer = case.net(case.x).argmax(1)
    wrong = (answer + 1) % found.logits.shape[1]
    there = None if case.targets is None else answer
    done = attack(case.net, case.x, wrong, case.method, case.threat, targets=there)
    free = bool((done.forwards == 1).all()) and not bool(done.backwards.any())
    settled = bool(done.success.all()) and not bool(done.distance.any())
    _require(free and settled, case, "images that are lost already to cost one look and to be successes at distance 0")


def _check_company(case: _Case) -> None:
    whole = case.run(seed=7)
    order = torch.tensor([3, 0, 4, 2, 1])
    for what, other, rows in (
        ("again with the same seed", case.run(seed=7), torch.arange(5)),
        ("in another order", case.run(order, seed=7), order),
        ("in batches of 2", case.run(seed=7, batch_size=2), torch.arange(5)),
    ):
        same = torch.equal(other.success, whole.success[rows])
        if case.method.minimal:  # on the boundary, where rounding decides which of two neighbors is kept
            close = torch.allclose(other.distance, whole.distance[rows], rtol=0.02)
        else:
            close = torch.allclose(other.images, whole.images[rows], atol=1e-4, rtol=0)
        _require(same and close, case, f"the same images {what} (T6, T31)")


def _check_traces(case: _Case) -> None:
    case.net.train()
    state, weights = torch.get_rng_state(), [p.detach().clone() for p in case.net.parameters()]
    original = case.x.clone()
    case.run()
    _require(torch.equal(torch.get_rng_state(), state), case, "torch's global generator as it was (T30)")
    _require(all(module.training for module in case.net.modules()), case, "the modes of the model as they were (T28)")
    _require(
        all(p.grad is None and p.requires_grad for p in case.net.parameters()), case, "no gradient on weights (T29)"
    )
    same = all(torch.equal(p, was) for p, was in zip(case.net.parameters(), weights, strict=True))
    _require(same and torch.equal(case.x, original), case, "weights and images as they were")


def check_threat(threat: Threat) -> None:
    """Hold a threat to what every threat promises, on images of three channels all over its box.

    It is a value, equal to its text if the registry has it. Every move stays in ball and box and leaves finite
    numbers in the type they came in, a zero gradient moves nothing, a projection is final and no point of the set is
    nearer, no draw reaches further along a gradient than `extreme`, and no row depends on another.

    Raises: AssertionError, one sentence.

    >>> check_threat(parse("l2(0.5)"))
    """
    _check_value(threat, "threat")
    generator = torch.Generator().manual_seed(0)
    for dtype in (torch.float32, torch.float64):
        low, high = threat.limits(torch.zeros(6, 3, 2, 2, dtype=dtype))
        unit = torch.rand(6, 3, 2, 2, generator=generator, dtype=dtype).mul(1.4).sub(0.2).clamp(0, 1)
        x = threat.clip(unit, low + unit * (high - low))
        way = torch.randn(6, 3, 2, 2, generator=generator, dtype=dtype)
        z = x + way * (high - low)
        near = threat.project(x, z)
        step = threat.step(x, near, way, min(threat.radius, 1.0))
        drawn = threat.sample(x, Streams(torch.arange(6)))
        best = threat.extreme(x, way)
        for what, moved in (("project", near), ("step", step), ("sample", drawn), ("extreme", best)):
            _hold(threat, bool(threat.contains(x, moved).all()), f"{what} to stay inside ball and box (T9)")
            _hold(threat, moved.dtype == dtype and bool(torch.isfinite(moved).all()), f"{what} to give finite {dtype}")
        _hold(threat, torch.allclose(threat.project(x, near), near, atol=1e-5), "a projection to be final")
        _hold(threat, torch.equal(threat.project(x, x), x), "the original to be its own projection")
        zero = torch.zeros_like(x)
        still = torch.equal(threat.extreme(x, zero), x) and torch.allclose(
            threat.step(x, near, zero, 1.0), near, atol=1e-5
        )
        _hold(threat, still, "a zero gradient to move nothing (T11)")
        _hold(threat, not bool(threat.distance(zero).any()), "no change to have distance 0")
        for seed in range(30):
            other = threat.sample(x, Streams(torch.arange(6) + 100 * (seed + 1)))
            gap, least = (other - z).flatten(1).norm(dim=1), (near - z).flatten(1).norm(dim=1)
            _hold(
                threat, bool((gap >= least - 1e-4).all()), "no point of the set to be nearer than the projection (T10)"
            )
            reach, most = (way * (other - x)).flatten(1).sum(1), (way * (best - x)).flatten(1).sum(1)
            _hold(threat, bool((reach <= most + 1e-4).all()), "no point to reach further than extreme")
        alone = torch.cat([threat.project(x[i : i + 1], z[i : i + 1]) for i in range(6)])
        _hold(threat, torch.allclose(alone, near, atol=1e-6), "each image to be projected by itself (T35)")


def _hold(threat: Threat, held: bool, promise: str) -> None:
    if not held:
        raise AssertionError(f"{threat}: expected {promise}")
