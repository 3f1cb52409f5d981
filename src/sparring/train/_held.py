"""Images that are held out of training, and how samples stand to them: the figure that checkpoints are chosen by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from scipy.stats import norm

from sparring.audit.statistics import LEVEL
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan import codes, generate
from sparring.gan.nets import Generator
from sparring.metrics import Figure, Fingerprint, Seen, halves
from sparring.metrics.features import FeatureNetwork, see
from sparring.metrics.fid import Fid
from sparring.metrics.precision_recall import PrecisionRecall
from sparring.types import Images

SHARE, MOST, LEAST = 0.1, 2000, 2000
"""The share of the data that is held out, at most so many images, and of data with at least so many."""
JUDGED = 1000
"""Samples, and real images, that a figure is of at most."""
METRIC = Fid()
"""Of pixels it orders the looks of a training as an ImageNet network would; docs/gans.md has the figures."""
NEIGHBORS = PrecisionRecall()


@dataclass(frozen=True, eq=False)
class Held:
    """What is trained on, and what is not.

    Fields:
        train: images to train on.
        select, report: halves of the images that samples are compared with: one to choose by, one to report on (G40).
        apart: whether these are held out; of small data they are training images.
        words: what they are.
    """

    train: Dataset
    select: Dataset
    report: Dataset
    apart: bool
    words: str


def hold_out(data: Dataset, given: Dataset | None = None, seed: int = 0) -> Held:
    """Return what to train on, and what to judge by: `given`, else a part of the data where there is enough of it.

    A tenth is held out, at most 2,000 images, of data with at least 2,000. Of fewer nothing is: samples are compared
    with the images that were trained on, which rewards copies of them.

    Raises: InputError for images of another shape, or fewer than 8.

    >>> held = hold_out(Dataset(torch.rand(3000, 2)))
    >>> len(held.train), len(held.select), len(held.report), held.words
    (2700, 150, 150, '300 of 3000 images, held out')
    """
    if given is not None and given.shape != data.shape:
        raise InputError(f"expected held-out images of shape {data.shape}, got {given.shape} in {given.name}")
    if given is not None:
        real, train, words = given, data, f"{len(given)} images of {given.name}, held out"
    elif len(data) >= LEAST:
        generator = torch.Generator().manual_seed(child_seed(seed, "held out"))
        order = torch.randperm(len(data), generator=generator)
        count = min(MOST, int(SHARE * len(data)))
        real = data.part(order[:count].sort().values, f"{data.name}, held out")
        train = data.part(order[count:].sort().values, data.name)
        words = f"{count} of {len(data)} images, held out"
    else:
        real, train, words = data, data, f"the {len(data)} training images: too few to hold any out"
    if len(real) < 8:
        raise InputError(f"expected at least 8 images to compare samples with, got {len(real)} in {real.name}")
    select, report = halves(real, seed)
    return Held(train, select, report, given is not None or train is not data, words)


class Judge:
    """Figures of samples against held-out images; what a network sees of these is looked at once.

    Cost: a forward pass of the feature network for each of up to 1,000 samples, and the metrics'.
    """

    def __init__(self, held: Held, features: FeatureNetwork, seed: int) -> None:
        learn = held.train if held.train.labels is not None else None
        with torch.random.fork_rng(devices=[]):
            self._network = features.load(held.train.shape, learn, seed=seed)
        self._held, self._seed = held, seed
        self._select = self._see(held.select.images(held.select.subset(JUDGED, seed)))
        self.n = len(self._select)
        self.label = f"{METRIC.figures[0]}[{self._network.name}]"

    def look(self, images: Images) -> dict[str, float]:
        """Return the `figure` of samples by the select half, its `noise`, one standard deviation, and the `recall`."""
        seen = self._see(images[: self.n])
        (figure,) = METRIC(seen, self._select, seed=self._seed)
        found = {"figure": figure.value, "noise": deviation(figure)}
        if self.n > NEIGHBORS.k:
            found["recall"] = NEIGHBORS(seen, self._select)[1].value
        return found

    def report(self, generator: Generator) -> Figure:
        """Return the figure of a generator by the report half, of codes that it was not chosen by."""
        rows = self._held.report.subset(JUDGED, self._seed)
        z = codes(len(rows), generator.latent, child_seed(self._seed, "report"))
        real, samples = self._see(self._held.report.images(rows)), self._see(generate(generator, len(rows), z=z))
        (figure,) = METRIC(samples, real, seed=self._seed)
        return dataclasses.replace(
            figure,
            fingerprint=Fingerprint(
                self._network.name, self._network.checksum, self._network.resize, len(rows), len(rows),
                self._held.report.checksum, f"report half of {self._held.words}", self._seed,
            ),
        )  # fmt: skip

    def _see(self, images: Images) -> Seen:
        return see(images, self._network)


def deviation(figure: Figure) -> float:
    """Return the standard deviation that the interval of a figure stands for.

    >>> round(deviation(Figure("kid", 0.0, (-1.96, 1.96), "", "lower", 1)), 3)
    1.0
    """
    if figure.interval is None:
        return 0.0
    return (figure.interval[1] - figure.interval[0]) / (2 * float(norm.ppf((1 + LEVEL) / 2)))


def told(figure: Figure, held: Held) -> dict[str, Any]:
    """Return a figure as `result.json` holds it, with what it is told against."""
    return figure.to_json() | {"against": held.words, "held_out": held.apart}
