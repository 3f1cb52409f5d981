"""One trial: a GAN with one setting and one seed, trained for the budget and judged by images that chose nothing."""

from __future__ import annotations

import functools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sparring.core.runs import read_json, write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.evaluate._rows import noise
from sparring.games._checkpoints import BEST, LAST, PREVIOUS
from sparring.games._table import NotFinite
from sparring.gan import Gan, codes, generate
from sparring.gan.nets import Generator
from sparring.metrics import Seen, halves
from sparring.metrics.features import features_unit, see
from sparring.metrics.fid import Fid
from sparring.registry import parse_as
from sparring.train import train
from sparring.train._kept import FOLDER
from sparring.types import Images

RECORD = "trial.json"
WORK = (LAST, PREVIOUS, BEST)
"""What a training needs to go on, and nobody once it is judged."""
METRIC = Fid()


@dataclass(frozen=True)
class Budget:
    """What is the same for every trial: real `images` shown, `features`, and the number `n` of samples behind a figure.

    `seed` decides the halves of the test images, the codes of the samples and the noise.
    """

    images: int
    features: str
    n: int
    seed: int


@dataclass(frozen=True)
class Trial:
    """Which GAN (`name`, and `gan`, its text with this setting), on which data, with which number and seed."""

    name: str
    gan: str
    data: str
    setting: int
    seed: int

    def folder(self, out: Path) -> Path:
        """Return where the trial lies: for another GAN, data set, setting or seed elsewhere."""
        return out / slug(self.data) / slug(self.name) / f"setting-{self.setting:03d}-seed-{self.seed}"


class Sides:
    """The images of a data set, by what they are for: to train on, to choose by, and to tell by (G40).

    The test part is cut in two. All trials choose by the one half, checkpoints included, and are told by the other;
    `n`, of samples as of real images, is at most what either half has.
    """

    def __init__(self, data: str, budget: Budget) -> None:
        if ":" in data:
            raise InputError(f"expected a data set that has a train and a test part, got {data!r}: name it without one")
        self.train, test = load_data(f"{data}:train"), load_data(f"{data}:test")
        self.choosing, telling = halves(test, budget.seed)
        self.n, self.seed = min(budget.n, len(self.choosing), len(telling)), budget.seed
        if self.n < 8:
            raise InputError(f"expected at least 8 images in each half of {data}:test, got {self.n}")
        learn = self.train if self.train.labels is not None else None
        with torch.random.fork_rng(devices=[]):
            self._network = features_unit(budget.features).load(self.train.shape, learn, seed=budget.seed)
        self._choose, self._tell = self._part(self.choosing), self._part(telling)
        self.label = f"{METRIC.figures[0]}[{self._network.name}]"

    def figures(self, generator: Generator) -> tuple[float, float]:
        """Return a generator's figure by the half that chooses, and by the half that is told."""
        z = codes(self.n, generator.latent, child_seed(self.seed, "bench gans"))
        return self._of(self._see(generate(generator, self.n, z=z)))

    def beside(self) -> dict[str, Any]:
        """Return what no GAN is needed for: figures of real images and of noise, n and the name of the figure."""
        nothing = self._see(noise(self.n, self.train.shape, self.seed))
        choose, tell = self._of(nothing)
        (truth,) = METRIC(self._choose, self._tell, seed=self.seed)
        return {
            "n": self.n, "label": self.label, "truth": truth.value, "noise": tell, "noise_choose": choose,
            "train": len(self.train), "checksum": self._network.checksum, "resize": self._network.resize,
        }  # fmt: skip

    def _of(self, samples: Seen) -> tuple[float, float]:
        ((choose,), (tell,)) = (METRIC(samples, real, seed=self.seed) for real in (self._choose, self._tell))
        return choose.value, tell.value

    def _part(self, half: Dataset) -> Seen:
        return self._see(half.pixels[half.subset(self.n, self.seed)])

    def _see(self, images: Images) -> Seen:
        return see(images, self._network)


@functools.lru_cache(maxsize=2)
def sides(data: str, budget: Budget) -> Sides:
    """Return the images of a data set, read once a process."""
    return Sides(data, budget)


def known(trial: Trial, out: Path) -> dict[str, Any] | None:
    """Return what a trial has given before, or None if it has not ended yet.

    Raises: InputError when its place holds another GAN.
    """
    path = trial.folder(out) / RECORD
    if not path.exists():
        return None
    record: dict[str, Any] = read_json(path)
    if record["gan"] != trial.gan:
        raise InputError(f"expected {trial.gan} in {path.parent}, got {record['gan']}: choose another --out")
    return record


def run_trial(trial: Trial, budget: Budget, out: Path) -> dict[str, Any]:
    """Train a GAN, or go on with its training, judge it, and write down what came out.

    A loss or an image that is not finite ends the trial: it has no figure then, and its record says why.

    Cost: that of `train` at the budget, and n samples through the feature network.
    """
    found = known(trial, out)
    if found is not None:
        return found
    real, folder, started = sides(trial.data, budget), trial.folder(out), time.perf_counter()
    unit = parse_as(Gan, trial.gan)
    record: dict[str, Any] = {"gan": trial.gan, "data": trial.data, "setting": trial.setting, "seed": trial.seed}
    try:
        trained = train(
            unit, real.train, images=budget.images, held_out=real.choosing, features=budget.features, keep=1,
            seed=trial.seed, out=folder,
        )  # fmt: skip
        choose, tell = real.figures(trained.generator)
        record |= {
            "choose": choose, "tell": tell, "failed": "", "rounds": trained.result["rounds"],
            "alarms": sorted({alarm.kind for alarm in trained.alarms}), "seconds": trained.result["seconds"],
        }  # fmt: skip
    except InputError as error:
        if not (isinstance(error, NotFinite) or "expected finite" in str(error)):
            raise
        seconds = round(time.perf_counter() - started, 3)
        record |= {"choose": None, "tell": None, "failed": str(error), "alarms": [], "seconds": seconds}
    write_json(folder / RECORD, record)
    for name in WORK:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    return record


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread, here and in processes started meanwhile: figures do not depend on how many there are."""
    threads, before = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def slug(text: str) -> str:
    """Return a text as the name of a folder; long ones are cut, and told apart by a number.

    >>> slug("hinge"), len(slug("gan(lr=1e-4)" * 20)) < 60
    ('hinge', True)
    """
    plain = "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in text).strip("-")
    return plain if plain == text else f"{plain[:40]}-{child_seed(0, text) % 10**8:08d}"
