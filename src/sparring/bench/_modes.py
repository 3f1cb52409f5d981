"""Every answer to mode collapse on problems of known modes, under one budget, beside the truth."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparring.bench._gans_trial import one_thread, slug
from sparring.bench._modes_lineup import TRUTH
from sparring.bench._modes_trial import ModesTrial, apart, known, run_trial, train_seed
from sparring.bench._modes_under import method_of, methods_of, problems_of, protocol_of
from sparring.bench._pool import Record, each_once
from sparring.core.runs import open_run
from sparring.errors import InputError
from sparring.gan import Gan
from sparring.modes import Problem
from sparring.registry import parse_as

Progress = Callable[[int, int, str], None]
"""Called with steps done, how many there are, and the last one in words: a trial, or a seed trained for one."""


@dataclass(frozen=True)
class ModesBench:
    """What came out: by problem, the records of all methods in their order, the truth last; `seeds` and `images`, and
    the `protocol`, where there was one.
    """

    records: dict[str, list[Record]]
    seeds: int
    images: int
    protocol: str | None = None


def bench_modes(
    problems: Sequence[str] = (),
    *,
    methods: Sequence[str] = (),
    protocol: str | None = None,
    seeds: int = 5,
    images: int = 1_000_000,
    processes: int = 1,
    out: str | Path,
    progress: Progress | None = None,
) -> ModesBench:
    """Train every method on every problem with several seeds, and count the modes that its samples reach.

    Interrupted, the same call goes on; with more methods or problems, it adds what is missing. Every method has a run
    directory of its own for each problem, and computes on one thread: figures do not depend on `processes`. Where there
    are several, seeds of GANs of pictures are trained side by side first; then each has a method.

    Args:
        problems: texts of problems of known modes: ring and grid unless some are named.
        methods: names of the line-up, recipes, `gan(...)`, estimators, or NAME=TEXT; see `entry`. All of the line-up
            and all estimators unless some are named.
        protocol: the paper whose nets, rates, batches, data and methods are used; see `method_of`.
        seeds: trainings of each.
        images: real samples shown to a discriminator in a training; under a protocol packs of them, and no more than
            its budget.

    Returns: ModesBench.

    Raises: InputError for what cannot be trained, before anything is.
    """
    if protocol is not None:
        protocol_of(protocol)
    texts = [str(parse_as(Problem, each)) for each in problems or problems_of(protocol)]
    chosen = [(method_of(each, texts[0], protocol)[0], each) for each in methods or methods_of(protocol)]
    names = [slug(name) for name, _ in chosen]
    if min(seeds, processes) < 1 or len(set(texts)) < len(texts) or len(set(names)) < len(names):
        raise InputError(
            f"expected each problem and method once, and seeds and processes >= 1, got {', '.join(texts)}; "
            f"{', '.join(name for name, _ in chosen)}; {seeds} and {processes}"
        )
    if TRUTH in names:
        raise InputError("expected methods besides the truth, which is always there, got truth")
    todo = [ModesTrial(name, text, each, seeds, images, protocol) for each in texts for name, text in chosen]
    _check(todo)
    todo += [ModesTrial(TRUTH, TRUTH, each, seeds, images, protocol) for each in texts]
    folder = Path(out)
    found: dict[ModesTrial, Record] = {}
    with one_thread():
        open_run(folder, {"kind": "bench-modes", "protocol": protocol}, None)
        for trial in todo:
            trial.begin(folder)
        ended, run = functools.partial(known, out=folder), functools.partial(run_trial, out=folder)
        first = [part for trial in todo if ended(trial) is None for part in apart(trial)] if processes > 1 else []
        told = _tell(progress, len(first) + len(todo))
        for (trial, seed), _ in each_once(
            first, lambda part: None, functools.partial(train_seed, out=folder), processes
        ):
            told(f"seed {seed} of {trial.name} on {trial.problem}")  # it lies where the trial looks for it
        for trial, record in each_once(todo, ended, run, processes):
            found[trial] = record
            told(f"{trial.name} on {trial.problem}")
    return ModesBench(
        {each: [found[trial] for trial in todo if trial.problem == each] for each in texts}, seeds, images, protocol
    )


def _tell(progress: Progress | None, steps: int) -> Callable[[str], None]:
    """Return what counts steps as they are told."""
    done = itertools.count(1)

    def told(words: str) -> None:
        if progress is not None:
            progress(next(done), steps, words)

    return told


def _check(todo: Sequence[ModesTrial]) -> None:
    """Refuse what cannot be trained, before anything is."""
    for problem in {trial.problem: parse_as(Problem, trial.problem) for trial in todo}.values():
        problem.data(1)
        problem.draw(1)
    for trial in todo:
        unit = trial.unit()
        if not isinstance(unit, Gan):
            unit.check()
            continue
        unit.game(*unit.build(parse_as(Problem, trial.problem).shape))
        least = unit.batch_size * unit.rule.batches // (unit.pack if trial.protocol else 1)
        if trial.images < least:
            raise InputError(f"expected images for one round of {trial.name}, at least {least}, got {trial.images}")
