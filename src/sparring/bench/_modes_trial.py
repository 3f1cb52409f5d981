"""One trial: a method on a problem, with all its seeds, and what its samples say of the modes."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.bench._gans_trial import slug
from sparring.bench._modes_lineup import TRUTH, whole
from sparring.bench._modes_picture import FILM, STILL, Film, picture, png, sampled
from sparring.bench._modes_under import images_of, method_of, setting_of
from sparring.core.runs import open_run, read_json, write_atomic, write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games._checkpoints import LAST, PREVIOUS
from sparring.gan import Gan, generate
from sparring.gan.nets import Generator
from sparring.modes import Problem, first_near, mode_figures, same_below, support
from sparring.modes._play import Played, play_seeds
from sparring.modes._together import fits_together
from sparring.modes.estimators import Estimator
from sparring.registry import parse_as

RECORD, NEAR_OF = "trial.json", 1000
NOT_FINITE = "expected finite"
Record = dict[str, Any]


@dataclass(frozen=True)
class ModesTrial:
    """A method, by its name and text, on a problem; `seeds` trainings, each on `images`, or as a protocol has it."""

    name: str
    method: str
    problem: str
    seeds: int
    images: int
    protocol: str | None = None

    def folder(self, out: Path) -> Path:
        """Return where the trial lies."""
        return out / slug(self.problem) / slug(self.name)

    def unit(self) -> Gan | Estimator:
        """Return what is trained."""
        return method_of(self.method, self.problem, self.protocol)[1]

    def shown(self) -> int | None:
        """Return how many real samples a training is shown; None where nothing is trained on batches."""
        return None if self.name == TRUTH else images_of(self.unit(), self.images, self.problem, self.protocol)

    def sizes(self) -> tuple[int, int]:
        """Return how many real samples there are to train on, and how many samples are judged."""
        if self.protocol is None:
            problem = parse_as(Problem, self.problem)
            return problem.training, problem.samples
        setting = setting_of(self.protocol, self.problem)
        return setting.training, setting.samples

    def spec(self) -> Record:
        """Return all that decides its figures."""
        text = TRUTH if self.name == TRUTH else whole(self.unit())
        training, samples = self.sizes()
        told = None if self.protocol is None else {"name": self.protocol, "training": training, "samples": samples}
        return {
            "method": text, "problem": self.problem, "seeds": self.seeds, "images": self.shown(), "protocol": told,
            "training": training, "judge": parse_as(Problem, self.problem).judged_by,
        }  # fmt: skip

    def begin(self, out: Path) -> None:
        """Take its folder, or the one where it was begun.

        Raises: InputError when that holds another trial, ended or under way.
        """
        open_run(self.folder(out), self.spec(), None)


def known(trial: ModesTrial, out: Path) -> Record | None:
    """Return what a trial that was begun has given before, or None if it has not ended yet."""
    path = trial.folder(out) / RECORD
    return read_json(path) if path.exists() else None


def apart(trial: ModesTrial) -> list[tuple[ModesTrial, int]]:
    """Return the trial with each of its seeds, where these are trained one by one: those of a GAN of pictures."""
    shape = parse_as(Problem, trial.problem).shape
    if trial.name == TRUTH or len(shape) < 3:
        return []
    unit = trial.unit()
    alone = isinstance(unit, Gan) and not fits_together(unit, shape)
    return [(trial, seed) for seed in range(trial.seeds)] if alone else []


def train_seed(part: tuple[ModesTrial, int], out: Path) -> Record:
    """Train one seed of a trial, or go on with it, and leave it to `run_trial`, which finds it done.

    Losses that are not finite end it; `run_trial` then says so.
    """
    trial, seed = part
    unit, folder = trial.unit(), trial.folder(out)
    assert isinstance(unit, Gan)
    data = parse_as(Problem, trial.problem).data(trial.sizes()[0])
    try:
        _play(unit, data, trial, [seed], folder, folder)
    except InputError as error:
        if NOT_FINITE not in str(error):
            raise
    return {}


def run_trial(trial: ModesTrial, out: Path) -> Record:
    """Train a method, or go on with its training, judge its samples, and write down what came out.

    Losses that are not finite end a seed, and no other: it has no figures, and the record says why. `seconds` are those
    of trainings.
    """
    found = known(trial, out)
    if found is not None:
        return found
    problem, folder = parse_as(Problem, trial.problem), trial.folder(out)
    record: Record = {"name": trial.name, **trial.spec(), "failed": "", "together": False, "seconds": 0.0}
    samples = _samples(trial, problem, out, record)
    record["figures"] = [_figures(problem, x, seed, out) for seed, x in samples.items()]
    for x in list(samples.values())[:1]:
        write_atomic(folder / STILL, png(picture(problem, x[: sampled(problem)])))
    write_json(folder / RECORD, record)
    for path in (*folder.rglob(LAST), *folder.rglob(PREVIOUS)):
        path.unlink()
    return record


def _samples(trial: ModesTrial, problem: Problem, out: Path, record: Record) -> dict[int, Tensor]:
    """Return the samples (n, *shape) of every seed that ended, in the problem's own units."""
    seeds, (training, n), folder = range(trial.seeds), trial.sizes(), trial.folder(out)
    if trial.name == TRUTH:
        x, modes = problem.draw(n, child_seed(0, "truth"))
        record["named"] = float((problem.judge(out)(x).mode == modes).double().mean())
        return {0: x} | {seed: problem.draw(n, child_seed(seed, "truth"))[0] for seed in seeds[1:]}
    unit, data = trial.unit(), problem.data(training)
    draws = {seed: child_seed(seed, "samples") for seed in seeds}
    if not isinstance(unit, Gan):
        started = time.perf_counter()
        samplers = {seed: unit.fit(data, seed) for seed in seeds}
        record["seconds"] = round(time.perf_counter() - started, 3)
        return {seed: problem.unboxed(sampler(n, draws[seed])) for seed, sampler in samplers.items()}
    generators = _played(unit, data, trial, folder, record)
    if 0 in generators:
        Film(problem, folder).finish(folder / FILM)
    return {seed: problem.unboxed(generate(net, n, seed=draws[seed])) for seed, net in generators.items()}


def _played(unit: Gan, data: Dataset, trial: ModesTrial, folder: Path, record: Record) -> dict[int, Generator]:
    """Return the generators of all seeds that end, by seed.

    One whose losses are not finite ends all that are trained with it: each is then trained by itself.
    """
    together = fits_together(unit, data.shape)
    groups = [list(range(trial.seeds))] if together else [[seed] for seed in range(trial.seeds)]
    found: dict[int, Generator] = {}
    failed = []
    for group in groups:
        alone = together and len(group) < trial.seeds
        try:
            played = _play(unit, data, trial, group, folder, folder / f"seed-{group[0]}" if alone else folder)
        except InputError as error:
            if NOT_FINITE not in str(error):
                raise
            if len(group) > 1:
                groups += [[seed] for seed in group]
            else:
                failed.append(f"seed {group[0]}: {error}")
            continue
        record["together"] = played.together and not alone
        record["seconds"] = round(record["seconds"] + played.seconds, 3)
        found |= zip(group, played.generators, strict=True)
    record["failed"] = "; ".join(failed)
    return found


def _play(unit: Gan, data: Dataset, trial: ModesTrial, seeds: Sequence[int], folder: Path, place: Path) -> Played:
    """Train some seeds, or go on with them; the first of all leaves pictures of what it makes on the way."""
    problem, images = parse_as(Problem, trial.problem), trial.shown()
    assert images is not None
    film = Film(problem, folder)

    def look(images: int, nets: Sequence[Generator]) -> None:
        film.take(images, problem.unboxed(generate(nets[0], sampled(problem), seed=child_seed(0, "samples"))))

    return play_seeds(unit, data, seeds, images=images, folder=place, look=None if seeds[0] else look)


def _figures(problem: Problem, x: Tensor, seed: int, out: Path) -> Record:
    figures = mode_figures(problem.judge(out)(x), problem.modes, seed)
    truth, modes = problem.draw(2000, child_seed(0, "near"))
    near = support(first_near(x[:NEAR_OF], same_below(truth, modes), draws=200, seed=seed))
    return {**figures.record(), "support_near": None if math.isinf(near) else near}


def mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean over seeds and its standard error; None of one seed.

    >>> mean_and_error([7.0, 9.0])
    (8.0, 1.0)
    """
    column = torch.tensor(values, dtype=torch.float64)
    error = float(column.std() / math.sqrt(len(values))) if len(values) > 1 else None
    return float(column.mean()), error
