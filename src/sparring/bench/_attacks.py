"""Run attacks on problems, ours and the peers', into rows that one judge has written."""

from __future__ import annotations

import dataclasses
import statistics
import time
import warnings
from collections.abc import Callable, Iterable
from typing import TypeAlias

import torch

from sparring.attacks import Attack, attack
from sparring.bench._exact import exact_distance
from sparring.bench._row import Row, judge, share_within
from sparring.bench.counting import Counting
from sparring.bench.peers import PEERS, Peer, Task, load, peers_of
from sparring.bench.problems import PROBLEMS, Problem, Ready, problem
from sparring.errors import InputError, SparringWarning
from sparring.registry import parse_as, units
from sparring.threats import Threat
from sparring.types import Images, Labels, Scores

Progress: TypeAlias = Callable[[int, int, Row], None]
"""Called after each row with (rows done, rows in all, the row)."""
QUICK = ("digits-linear",)
QUICK_N = 50


@dataclasses.dataclass(frozen=True)
class Case:
    """One attack on one problem in one norm, to be run by us (`peer` None) or by a peer."""

    problem: Problem
    norm: str
    unit: Attack
    peer: Peer | None = None


def attacks(
    names: Iterable[str | Attack] = (),
    *,
    problems: Iterable[str] = (),
    n: int = 250,
    seed: int = 0,
    peers: bool = True,
    quick: bool = False,
    progress: Progress | None = None,
) -> list[Row]:
    """Run attacks on fixed problems, in every norm they are made for, and return one row each.

    Args:
        names: attacks by their text; all of the registry, at their defaults, if there is none.
        problems: by name; all whose data are on this machine if there is none.
        n: samples, all of which the net gets right; a slow problem may take fewer.
        seed: decides the samples and every random number.
        peers: run the bare loop and the installed peers beside, at the same steps.
        quick: 50 samples of the smallest problem, for a look in seconds.

    Attacks inside ε get the problem's ε; minimal ones and those that need no threat get none, so that their
    distances are seen, and their success is counted at ε all the same. Attacks that need a target get the next class.

    Raises: InputError for unknown attacks and problems, and for a problem asked for whose data are missing.

    >>> [(row.attack, row.threat) for row in attacks(["fgsm"], n=20, quick=True, peers=False)][:2]
    [('fgsm', 'linf(0.1)'), ('fgsm', 'l2(0.5)')]
    """
    if n < 1:
        raise InputError(f"expected n >= 1, got {n}")
    chosen = [parse_as(Attack, name) for name in names] or [parse_as(Attack, name) for name in units("attack")]
    if quick:
        problems, n = tuple(problems) or QUICK, min(n, QUICK_N)
    ready = _make(problems, n, seed)
    found = [case for each in ready for case in _cases(each, chosen, peers)]
    rows: list[Row] = []
    for case in found:
        made = ready[case.problem]
        rows.append(_run_ours(case, made, seed) if case.peer is None else _run_peer(case, case.peer, made, seed))
        if progress is not None:
            progress(len(rows), len(found), rows[-1])
    return rows


def absent_peers() -> list[str]:
    """Return the peers that are not installed."""
    return [library for library in dict.fromkeys(peer.library for peer in PEERS) if load(library) is None]


def _make(names: Iterable[str], n: int, seed: int) -> dict[Problem, Ready]:
    """Make the problems asked for, or all that can be made."""
    asked = [problem(name) for name in names]
    made: dict[Problem, Ready] = {}
    for each in asked or PROBLEMS:
        try:
            made[each] = each.make(n, seed)
        except InputError as error:
            if asked:
                raise
            warnings.warn(f"{each.name} is left out: {error}", SparringWarning, stacklevel=3)
    return made


def _cases(each: Problem, chosen: list[Attack], peers: bool) -> list[Case]:
    cases = []
    for norm in each.norms:
        for unit in chosen:
            if norm not in unit.norms or (_roams(unit) and norm != parse_as(Threat, unit.free_threat or "").name()):
                continue
            cases.append(Case(each, norm, unit))
            others = peers_of(unit, norm) if peers else []
            cases += [Case(each, norm, unit, peer) for peer in others if load(peer.library) is not None]
    return cases


def _roams(unit: Attack) -> bool:
    """Whether an attack looks for no small change at all, but makes its image from whatever it starts at."""
    return unit.free_threat is not None and not unit.minimal


def _aims(unit: Attack, made: Ready) -> Labels | None:
    return (made.y + 1) % made.classes if unit.goals == "targeted" else None


def _run_ours(case: Case, made: Ready, seed: int) -> Row:
    limit, aims = case.problem.threat(case.norm), _aims(case.unit, made)
    free = case.unit.minimal or _roams(case.unit)
    given = dataclasses.replace(limit, eps=float("inf")) if free else limit
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SparringWarning)
            found = attack(made.net, made.x, made.y, case.unit, given, targets=aims, seed=seed)
    except InputError as error:
        return dataclasses.replace(_blank(case, made), note=str(error))
    passes = float(found.forwards.double().mean()), float(found.backwards.double().mean())
    return _filled(case, made, given if _roams(case.unit) else limit, found.images, passes, found.seconds)


def _run_peer(case: Case, peer: Peer, made: Ready, seed: int) -> Row:
    limit, counter = case.problem.threat(case.norm), Counting(made.net)
    if made.x[0].numel() > peer.most_values:
        return dataclasses.replace(_blank(case, made), note=f"left out above {peer.most_values} values an image")
    task = Task(counter, made.x, made.y, limit.radius, case.norm, case.unit, made.classes, _aims(case.unit, made))
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        started = time.perf_counter()
        try:
            images = peer.call(load(peer.library), task)
        except Exception as error:  # another's bug, on this net or this torch, is theirs: it costs them one row
            reason = (str(error).splitlines() or [""])[0][:100]
            return dataclasses.replace(_blank(case, made), note=f"{type(error).__name__}: {reason}")
        seconds = time.perf_counter() - started
    count = len(made.x)
    return _filled(case, made, limit, images, (counter.forwards / count, counter.backwards / count), seconds)


def _blank(case: Case, made: Ready) -> Row:
    goal = "untargeted" if case.unit.goals != "targeted" else "targeted"
    by = "sparring" if case.peer is None else case.peer.library
    return Row(case.problem.name, str(case.problem.threat(case.norm)), str(case.unit), by, len(made.x), goal)


def _filled(case: Case, made: Ready, limit: Threat, images: Images, passes: tuple[float, float], seconds: float) -> Row:
    """Judge the images, whoever made them."""
    aims = _aims(case.unit, made)
    _, distance = judge(made.net, limit, made.x, made.y, images, aims)
    exact = exact_distance(made.net, limit, made.x, made.y) if case.unit.minimal and aims is None else None
    return dataclasses.replace(
        _blank(case, made),
        threat=str(limit),
        success=share_within(limit, distance),
        median=_median(distance) if case.unit.minimal or _roams(case.unit) else None,
        exact=None if exact is None else _median(exact),
        forwards=passes[0],
        backwards=passes[1],
        seconds=seconds,
    )


def _median(distance: Scores) -> float:
    return float(statistics.median(distance.tolist()))
