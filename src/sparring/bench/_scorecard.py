"""The scorecard: every attack with the same budget of passes, ranked by how near it comes to the best known."""

from __future__ import annotations

import dataclasses
import statistics
import time
import warnings
from collections.abc import Callable, Iterable
from typing import TypeAlias

import torch

from sparring.attacks import Attack, attack
from sparring.bench._entrants import ENTRANTS, EVERY, Entrant, Order
from sparring.bench._ladder import RUNGS, smallest_ball
from sparring.bench._optimality import optimality
from sparring.bench._row import judge
from sparring.bench.counting import Counting
from sparring.bench.peers import load
from sparring.bench.problems import Ready
from sparring.errors import InputError, SparringWarning
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.types import Images, Mask, Scores

MENU = ("nearest", "fmn", "pdpgd", "ddn", "sigma_zero", "ead", "apgd_t(targets=5)", "apgd")
"""Ours that take part when none is asked for."""
LAST_WORD = 6
"""Passes kept back from an attack's own: the look before, and the confirmations after."""


@dataclasses.dataclass(frozen=True)
class Score:
    """What one attack did in one norm with its budget.

    Fields: `norm`; `attack`, our unit by its text, or a peer's by its name there; `by`, "sparring" or the peer;
    `optimality` in [0, 1], 1 is the envelope; `median` distance, inf when most failed; `found`, share of samples with
    an adversarial image at any distance; `passes`, forwards + backwards a sample, on average; `seconds` for all;
    `note`, why there is no figure.
    """

    norm: str
    attack: str
    by: str
    optimality: float | None = None
    median: float | None = None
    found: float | None = None
    passes: float | None = None
    seconds: float | None = None
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Scorecard:
    """All scores, the best of each norm first, and the envelopes they are measured by.

    `fixed`: the norms whose envelope was stored before; the others' is the best of this very run. `distances`: the
    least distance of each sample in this run, by norm.
    """

    scores: list[Score]
    fixed: tuple[str, ...]
    distances: dict[str, Scores]


Progress: TypeAlias = Callable[[int, int, Score], None]
_Found: TypeAlias = tuple[Score, Scores | None]


def scorecard(
    made: Ready,
    *,
    budget: int = 2000,
    names: Iterable[str] = (),
    norms: Iterable[str] = EVERY,
    envelopes: dict[str, Scores] | None = None,
    peers: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scorecard:
    """Run attacks, ours and the installed peers', with a budget of passes a sample, and score them.

    Raises: InputError for unknown attacks, and for a budget too small for any attack.
    """
    if budget < 100:
        raise InputError(f"expected a budget of at least 100 passes a sample, got {budget}")
    chosen = [parse_as(Attack, name) for name in names or MENU]
    known = envelopes or {}
    others = [each for each in ENTRANTS if peers and load(each.library) is not None]
    field: list[Attack | Entrant] = [*chosen, *others]
    runs = [(norm, each) for norm in norms for each in field if norm in each.norms]
    found: list[_Found] = []
    scales: dict[str, float] = {}
    for norm, each in runs:
        scales[norm] = scales.get(norm) or _scale(made, norm)
        terms = (made, norm, budget, scales[norm], seed)
        found.append(_run_peer(each, *terms) if isinstance(each, Entrant) else _run_ours(each, *terms))
        if progress is not None:
            progress(len(found), len(runs), found[-1][0])
    scores, least = [], {}
    for norm in dict.fromkeys(norm for norm, _ in runs):
        here = [(score, distance) for score, distance in found if score.norm == norm]
        seen = [distance for _, distance in here if distance is not None]
        if seen:
            least[norm] = torch.stack(seen).amin(0)
        scores += _ranked(here, known.get(norm, least.get(norm)))
    return Scorecard(scores, tuple(norm for norm in least if norm in known), least)


def fitted(unit: Attack, classes: int, most: int) -> Attack:
    """Return the attack with as many steps as fit into `most` passes; unchanged if it has none.

    Raises: InputError where even one step does not fit.
    """
    if "steps" not in {field.name for field in dataclasses.fields(unit)}:
        return unit
    low, high = 1, most

    def of(steps: int) -> Attack:
        return dataclasses.replace(unit, steps=steps)  # type: ignore[call-arg]

    if of(low).passes(classes) > most:
        raise InputError(f"expected a budget that a step of {unit} fits into, got {most}: raise --budget")
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if of(middle).passes(classes) <= most else (low, middle - 1)
    return of(low)


def _scale(made: Ready, norm: str) -> float:
    """Return about how far images have to go: the median of ten steps of DeepFool; nobody is charged for it."""
    found = attack(made.net, made.x, made.y, "deepfool(steps=10, candidates=3)", f"{norm}(inf)")
    distance = float(found.distance.median())
    return distance if 0 < distance < float("inf") else 1.0


def _run_ours(unit: Attack, made: Ready, norm: str, budget: int, scale: float, seed: int) -> _Found:
    started = time.perf_counter()
    spent = torch.zeros(len(made.x), dtype=torch.int64)
    share = budget if unit.minimal else budget // RUNGS
    try:
        fit = fitted(unit, made.classes, share - LAST_WORD)
    except InputError as error:
        return Score(norm, str(unit), "sparring", note=str(error)), None

    def bounded(rows: torch.Tensor, eps: float) -> tuple[Mask, Images]:
        found = attack(made.net, made.x[rows], made.y[rows], fit, f"{norm}({eps!r})", seed=seed, budget=share)
        spent[rows] += found.forwards + found.backwards
        return found.success, found.images

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparringWarning)
        everyone = torch.arange(len(made.x))
        images = (
            bounded(everyone, float("inf"))[1]
            if unit.minimal
            else smallest_ball(made.x, bounded, scale, whole=norm == "l0")
        )
    score = Score(norm, str(fit), "sparring", passes=float(spent.double().mean()))
    return _filled(score, made, images, time.perf_counter() - started)


def _run_peer(entrant: Entrant, made: Ready, norm: str, budget: int, scale: float, seed: int) -> _Found:
    counter, score = Counting(made.net), Score(norm, entrant.attack, entrant.library)
    order = Order(counter, made.x.clone(), made.y.clone(), norm, made.classes, budget, scale)
    started = time.perf_counter()
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        try:
            images = entrant.call(load(entrant.library), order)
        except Exception as error:  # another's bug, on this net or this torch, is theirs: it costs them one row
            reason = (str(error).splitlines() or [""])[0][:80]
            return dataclasses.replace(score, note=f"{type(error).__name__}: {reason}"), None
    passes = (counter.forwards + counter.backwards) / len(made.x)
    if passes > budget:
        return dataclasses.replace(score, passes=passes, note=f"spent {passes:.0f} passes, over the budget"), None
    return _filled(dataclasses.replace(score, passes=passes), made, images, time.perf_counter() - started)


def _filled(score: Score, made: Ready, images: Images, seconds: float) -> _Found:
    """Judge the images, whoever made them."""
    limit = parse_as(Threat, f"{score.norm}(inf)")
    hit, distance = judge(made.net, limit, made.x, made.y, images, None)
    filled = dataclasses.replace(
        score,
        median=float(statistics.median(distance.tolist())),
        found=float(hit.double().mean()),
        seconds=seconds,
    )
    return filled, distance.double()


def _ranked(found: list[_Found], envelope: Scores | None) -> list[Score]:
    """Return the scores, best first; those without a figure at the end."""
    scores = [
        score if distance is None or envelope is None or not bool(torch.isfinite(envelope).any())
        else dataclasses.replace(score, optimality=optimality(distance, envelope))
        for score, distance in found
    ]  # fmt: skip
    return sorted(scores, key=lambda score: -1.0 if score.optimality is None else score.optimality, reverse=True)
