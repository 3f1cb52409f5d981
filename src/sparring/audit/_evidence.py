"""What else would have broken the samples left standing: evidence for or against the figure.

Each test is one way in which a search fails without noticing (Athalye et al. 2018, arXiv 1802.00420; Carlini et al.
2019, arXiv 1902.06705; Pintor et al. 2022, arXiv 2106.09947): what is weaker than a gradient must not beat it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sparring.attacks import Attack, attack
from sparring.attacks._objectives import folded, margin
from sparring.audit._substitute import substitute
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.data import Dataset
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.types import Images, Labels, Mask
from sparring.victims.base import Victim
from sparring.victims.torch import TorchVictim, value_and_gradient

SUBSET = 64
"""Standing samples that the evidence is taken on, at the most."""
LEAST = 24
"""As many are taken where there are; between the two, a third: evidence should cost less than the figure."""
TOLERANCE = (2, 0.03)
"""As many samples, and this share of them, may fall to a test before the figure is doubted: attacks differ a bit."""


@dataclass(frozen=True)
class Case:
    """What every test gets: standing samples x, y, the victim as gradients see it and as queries do."""

    x: Images
    y: Labels
    victim: Victim | None
    box: Victim
    threat: Threat
    data: Dataset
    classes: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a test came to: the samples it broke (rows of the case), whether that is `doubtful`, and the sentence."""

    broken: tuple[int, ...]
    doubtful: bool
    says: str
    value: float | None = None


def too_many(broken: int, n: int) -> bool:
    """Say whether more samples fell than the tolerance allows.

    >>> too_many(2, 64), too_many(3, 64)
    (False, True)
    """
    count, share = TOLERANCE
    return broken > count and broken > share * n


def _run(case: Case, victim: Victim, text: str, threat: Threat | None = None) -> Mask:
    found = attack(
        victim, case.x, case.y, parse_as(Attack, text), threat or case.threat, seed=child_seed(case.seed, "evidence"),
        allow_probabilities=True,
    )  # fmt: skip
    return found.success & found.clean_correct


def _fooled(case: Case, z: Images) -> Mask:
    """Say which images get an answer, and another than the label."""
    answer = case.box.answer(z)
    says = answer.argmax(1)
    return (says != case.y) & (says < answer.shape[1] - case.box.rejects)


def _beaten(case: Case, broken: Mask, by: str, meaning: str) -> Outcome:
    count = int(broken.sum())
    doubtful = too_many(count, len(case.x))
    says = f"{by} broke {count} of {len(case.x)} samples that stood" + (f": {meaning}" if doubtful else "")
    return Outcome(tuple(broken.nonzero()[:, 0].tolist()), doubtful, says, count / len(case.x))


def noise(case: Case) -> Outcome:
    """Random images of the threat, corners and inner ones: they must not beat a gradient (T41 iv)."""
    broken = torch.zeros(len(case.x), dtype=torch.bool)
    streams = Streams(sample_keys(case.x, child_seed(case.seed, "noise")))
    with case.box.frozen():
        for turn in range(10):
            shape = tuple(case.x.shape[1:])
            if turn % 2:
                z = case.threat.sample(case.x, streams)
            else:
                z = case.threat.extreme(case.x, streams.normal(shape, case.x.dtype))
            broken |= _fooled(case, z)
    return _beaten(case, broken, "random noise", "noise beats the gradient, so the gradient does not show the way")


def one_step(case: Case) -> Outcome:
    """A single step of length ε: it must not beat many (T41 v)."""
    assert case.victim is not None
    broken = _run(case, case.victim, f"pgd(steps=1, step_size={case.threat.radius!r}, random_start=False)")
    return _beaten(case, broken, "one gradient step", "one step beats many, so the steps lose their way")


def unbounded(case: Case) -> Outcome:
    """The same search with the whole box to itself must break everything (T41 ii)."""
    assert case.victim is not None
    wide = dataclasses.replace(case.threat, eps=_whole(case.threat, case.x))
    text = "pgd(steps=40, loss='margin')" if case.threat.name() == "l0" else "apgd(steps=40, loss='margin')"
    left = ~_run(case, case.victim, text, wide)
    for again in ("apgd(steps=40)", "apgd_t(steps=20, targets=3)"):
        if bool(left.any()) and case.threat.name() != "l0":
            rows = left.nonzero()[:, 0]
            part = dataclasses.replace(case, x=case.x[rows], y=case.y[rows])
            left[rows] = ~_run(part, case.victim, again, wide)
    share = float(left.double().mean())
    doubtful = too_many(int(left.sum()), len(case.x))
    says = f"with no bound on the change, {share:.0%} of the standing samples still stood"
    return Outcome((), doubtful, says + (": the search does not find what must be there" if doubtful else ""), share)


def _whole(threat: Threat, x: Images) -> float:
    """Return an ε that reaches every image of the box."""
    low, high = threat.limits(x)
    span, d = float((high - low).max()), x[0].numel()
    return {"linf": span, "l2": span * math.sqrt(d), "l1": span * d, "l0": float(d)}[threat.name()]


def smaller(case: Case) -> Outcome:
    """What stood at ε must stand at ε / 2 and ε / 4: more room can only help an attacker (T41 iii)."""
    assert case.victim is not None
    broken = torch.zeros(len(case.x), dtype=torch.bool)
    text = "pgd(steps=10, loss='margin')" if case.threat.name() == "l0" else "apgd(steps=15, loss='margin')"
    for share in (2, 4):
        less = case.threat.radius / share
        if case.threat.name() != "l0" or less >= 1:
            broken |= _run(case, case.victim, text, dataclasses.replace(case.threat, eps=less))
    return _beaten(case, broken, "a smaller ε", "accuracy is not monotone in ε, so the search fails at the larger one")


def more_steps(case: Case) -> Outcome:
    """Several times the steps, from another start: success must have flattened (T40)."""
    assert case.victim is not None
    text = (
        "pgd(steps=100, loss='margin')" if case.threat.name() == "l0" else "apgd(steps=100, loss='margin', wide=True)"
    )
    broken = _run(case, case.victim, text)
    return _beaten(case, broken, "100 more steps", "the search had not converged: use --protocol thorough")


def queries(case: Case) -> Outcome:
    """A search that sees answers only must not beat one that sees gradients (T41 i)."""
    if case.box.access == "scores" and case.threat.name() != "l0":
        # Where nothing is hidden, a twin answers queries as well, and faster; what it claims is confirmed.
        broken = _run(case, case.victim if isinstance(case.victim, TorchVictim) else case.box, "square(queries=300)")
    elif case.threat.name() == "linf":
        broken = _run(case, case.box, "rays(queries=500)")
    elif case.threat.name() == "l2":
        broken = _run(case, case.box, "hopskipjump(queries=1000)")
    else:
        return Outcome((), False, f"no attack by queries is made for {case.threat.name()}: not tried")
    return _beaten(case, broken, "an attack by queries", "queries beat gradients, so the gradients mislead")


def transfer(case: Case) -> Outcome:
    """Images that fool a small substitute must not beat the model's own gradients (T41 vi)."""
    net = substitute(case.box, case.data, case.classes, case.seed)
    if net is None:
        return Outcome((), False, "no substitute was trained for inputs of this size: transfer was not tried")
    text = "pgd(steps=20, loss='margin')" if case.threat.name() == "l0" else "apgd(steps=20, loss='margin')"
    copy = TorchVictim(net)
    copy.rejects = case.box.rejects  # it has learned to refuse as well
    found = attack(copy, case.x, case.y, parse_as(Attack, text), case.threat, seed=case.seed, early_stop=False)
    with case.box.frozen():
        broken = _fooled(case, found.strongest)
    return _beaten(case, broken, "images made on a small substitute", "transfer beats the model's own gradients")


def stationarity(case: Case) -> Outcome:
    """How much the slope at the end point still promises, as a share of what it would from x (FOSC, T41 viii).

    c = max over x' in S of ⟨x' − x_end, ∇L⟩ / max of ⟨x' − x, ∇L⟩, 0 where nothing more is promised. Source: the first-
    order stationary condition of Wang et al. 2019 (ICML), ε‖g‖₁ − ⟨x_end − x, g⟩. **Differs**: any norm, the box is
    part of S, and it is a share, so that models compare.
    """
    assert case.victim is not None
    text = "pgd(steps=40, loss='margin')" if case.threat.name() == "l0" else "apgd(steps=40, loss='margin')"
    found = attack(
        case.victim, case.x, case.y, parse_as(Attack, text), case.threat, seed=case.seed, early_stop=False,
        allow_probabilities=True,
    )  # fmt: skip
    z = found.strongest
    with case.victim.frozen():
        model = case.victim.swift(case.x, found.logits_before, exact=True)
        victim = case.victim
        _, _, slope = value_and_gradient(
            model, z, lambda out: margin(folded(out, case.y) if victim.rejects else out, case.y, None)
        )
    far = case.threat.extreme(case.x, slope)
    left, whole = (((far - start) * slope).flatten(1).sum(1).double() for start in (z, case.x))
    share = float((left / whole.clamp_min(1e-30)).median())
    says = f"at the end point the slope still promises {share:.2f} of what it would from the original (median)"
    return Outcome((), False, says, share)


TESTS: dict[str, Callable[[Case], Outcome]] = {
    "queries": queries,
    "more_steps": more_steps,
    "transfer": transfer,
    "unbounded": unbounded,
    "stationarity": stationarity,
    "smaller": smaller,
    "noise": noise,
    "one_step": one_step,
}
"""By name, the dearest first, so that several processes end together."""

BY_GRADIENT = ("more_steps", "unbounded", "stationarity", "smaller", "one_step")


def run_test(name: str, case: Case) -> dict[str, Any]:
    """Run one test, and return what is written down of it; what cannot be run says so."""
    if name in BY_GRADIENT and case.victim is None:
        outcome = Outcome((), False, "there is no gradient to test")
    else:
        outcome = TESTS[name](case)
    return {"name": name, **dataclasses.asdict(outcome), "n": len(case.x)}


def chosen(standing: Tensor) -> Tensor:
    """Return at most `SUBSET` of the standing samples, spread evenly."""
    count = min(len(standing), SUBSET, max(LEAST, len(standing) // 3))
    return standing[torch.linspace(0, len(standing) - 1, count).long()]
