"""The verb `certify`: how many images are right, and stay right under any change up to a radius."""

from __future__ import annotations

import dataclasses
import datetime
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from sparring.certificates._figures import figures
from sparring.certificates._folder import part_path, spec_of
from sparring.certificates._radius import check_request, prove
from sparring.core.checks import check_labels, check_logits
from sparring.core.runs import Log, machine, open_run, read_json, versions, write_json, write_lines
from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.guards._smoothed import SmoothedClassifier
from sparring.models import LoadedModel, align, load_model
from sparring.types import Images, Labels
from sparring.victims.base import Victim

PART = 20
"""Samples that are finished before they are written down."""
Record: TypeAlias = dict[str, Any]
Progress: TypeAlias = Callable[[int, int, int], None]
"""Called with (samples done, of how many, certified at radius 0), after every sample."""


@dataclasses.dataclass(frozen=True, eq=False)
class CertifyResult:
    """What was proven.

    `result` is what `result.json` holds; `samples` one record a sample (index, label, predicted, votes, radius);
    `folder` the run directory, if there is one.
    """

    result: dict[str, Any]
    samples: list[Record]
    folder: Path | None

    @property
    def n(self) -> int:
        """Samples certified or not."""
        return int(self.result["n"])

    @property
    def radii(self) -> Tensor:
        """The radius of each sample, −1 where it is wrong or nothing is proven, (n,) float64."""
        radii = [r["radius"] if r["radius"] is not None and r["predicted"] == r["label"] else -1 for r in self.samples]
        return torch.tensor(radii, dtype=torch.float64)

    def certified_accuracy(self, radius: float) -> float:
        """Return the share of all samples that are right at every distance below `radius`, with proof."""
        return float((self.radii >= radius).double().mean())


def certify(
    model: str | Path | nn.Module | LoadedModel,
    data: str | Path | Dataset,
    sigma: float = 0.25,
    *,
    n: int = 500,
    guesses: int = 100,
    draws: int = 1000,
    alpha: float = 0.001,
    seed: int = 0,
    radii: Sequence[float] = (),
    out: str | Path | None = None,
    command: str | None = None,
    progress: Progress | None = None,
) -> CertifyResult:
    """Prove for each image a radius in which no change at all moves the answer of the smoothed classifier.

    g(x) = argmax_c P(f(x + ε) = c), ε ~ N(0, σ² I); with p̲ the least share of copies that say class A, at confidence
    1 − α, g says A everywhere closer to x in L2 than σ Φ⁻¹(p̲). What is certified is g, which `smoothing` is with many
    draws: not the classifier itself. It should have been trained with noise of the same σ.

    Args:
        model: the classifier inside, as `load_model` takes it; its labels are enough.
        data: a data set with labels, or its text.
        sigma: σ of the noise, in the unit of the pixels.
        n: samples, drawn at random; all if there are no more.
        guesses: noisy copies from which the class is guessed (n₀ in the paper).
        draws: fresh copies that prove it; they bound the radius by σ Φ⁻¹(α^(1/draws)).
        alpha: the chance, for each image, that its proof is wrong.
        seed: decides the noise, sample by sample: nothing depends on order or where a run was cut.
        radii: at which to state the accuracy; without them, half steps of σ up to the bound.
        out: a run directory to write, or to go on with.
        progress: is told after every sample.

    Returns: CertifyResult. A sample counts at a radius if its class is right and its proof reaches at least so far: an
    abstention is wrong at every radius, a radius of 0 counts at 0.

    Raises: InputError, one line, for what cannot be certified, or another run in `out`.

    Cost: 1 + guesses + draws forwards a sample.

    Source: Cohen, Rosenfeld and Kolter 2019, arXiv 1902.02918. **Differs**: the noise is drawn sample by sample from
    seed and pixels.

    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    >>> found = certify(net, "digits:test", 0.5, n=5, draws=100)
    >>> found.n, 0 <= found.certified_accuracy(0.2) <= found.certified_accuracy(0) <= 1
    (5, True)
    """
    started = time.perf_counter()
    check_request(sigma, guesses, draws, alpha)
    dataset = load_data(data)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    if isinstance(loaded.module, SmoothedClassifier):
        raise InputError("expected the classifier inside, got one that is smoothed already: hand in its net")
    dataset = align(dataset, loaded.classes)
    indices = dataset.subset(n, seed)
    victim = loaded.victim(fast=False)
    with victim.frozen():
        classes = _look(victim, dataset, indices)
        spec = spec_of(
            loaded,
            dataset,
            sigma=sigma,
            n=len(indices),
            guesses=guesses,
            draws=draws,
            alpha=alpha,
            seed=seed,
            part=PART,
        )

        def one(index: int) -> Record:
            x, y = dataset.take([index])
            clean = int(victim.answer(x).argmax(1))
            proof = prove(
                _labels_of(victim), x[0], sigma, classes=classes, guesses=guesses, draws=draws, alpha=alpha,
                seed=child_seed(seed, f"sample {index}"),
            )  # fmt: skip
            return {"index": index, "label": int(y), "clean": clean, **dataclasses.asdict(proof)}

        with tempfile.TemporaryDirectory(prefix="sparring-") as scratch:
            folder = Path(scratch) if out is None else open_run(Path(out), spec, command)
            samples = _all(folder, indices, one, progress)
    result = {
        "kind": "certify",
        **figures(samples, sigma=sigma, draws=draws, alpha=alpha, radii=radii),
        "seed": seed,
        "spec": spec | {"versions": versions()},
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if out is not None:
        write_lines(folder / "samples.jsonl", samples)
        write_json(folder / "result.json", result)
    return CertifyResult(result, samples, None if out is None else folder)


def _look(victim: Victim, data: Dataset, indices: Tensor) -> int:
    """Return how many classes the model has, or say what is wrong with it or the labels."""
    x, _ = data.take(indices[:2])
    logits = victim.answer(x)
    check_logits(logits, len(x))
    assert data.labels is not None  # take has refused data without labels
    check_labels(data.labels[indices], len(indices), logits.shape[1])
    return int(logits.shape[1])


def _labels_of(victim: Victim) -> Callable[[Images], Labels]:
    return lambda x: victim.answer(x).argmax(1)


def _all(folder: Path, indices: Tensor, one: Callable[[int], Record], progress: Progress | None) -> list[Record]:
    """Certify sample by sample; what a killed run has finished is not done again."""
    samples: list[Record] = []
    log = Log(folder / "log.jsonl")
    for number, part in enumerate(torch.split(indices, PART)):
        path = part_path(folder, number)
        started, done = time.perf_counter(), read_json(path) if path.exists() else []
        for index in part.tolist()[len(done) :]:
            done.append(one(index))
            if progress:
                progress(len(samples) + len(done), len(indices), sum(map(_holds, samples + done)))
        if not path.exists():
            write_json(path, done)
            log("part", number=number, samples=len(done), seconds=round(time.perf_counter() - started, 3))
        samples += done
    return samples


def _holds(record: Record) -> bool:
    return record["radius"] is not None and record["predicted"] == record["label"]
