"""The verb `audit`: how accurate a classifier stays when an attacker may change its input."""

from __future__ import annotations

import dataclasses
import datetime
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from sparring.attacks import Attack, attack
from sparring.audit._chunks import Chunk, chunk_size, load_chunk, run_chunk, save_chunk
from sparring.audit._curve import accuracy_curve, percentiles
from sparring.audit._figures import figures, warnings_of
from sparring.audit._folder import open_run, spec_of
from sparring.audit._preflight import preflight
from sparring.core.runs import Log, machine, read_json, versions, write_json
from sparring.data import Dataset, load_data
from sparring.models import LoadedModel, align, load_model
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.victims.torch import TorchVictim

DEFAULT_ATTACKS = {
    "linf": ("apgd", "apgd_t"),
    "l2": ("apgd", "apgd_t"),
    "l1": ("apgd", "apgd_t"),
    "l0": ("pgd(loss='margin')", "fmn"),
}
"""By norm: the worst case over these, sample by sample, is the figure. APGD on cross-entropy, then on targeted DLR;
in L0, where APGD is not defined, swaps of coordinates by the margin's slope, then the smallest change by FMN."""

CURVE_ATTACK = "fmn"
Progress: TypeAlias = Callable[[int, int, int, int], None]
"""Called with (samples done, of how many, right when clean, still standing), at every chunk."""


@dataclasses.dataclass(frozen=True, eq=False)
class AuditResult:
    """What an audit found.

    `result` is what `result.json` holds; `samples` one record a sample (index, label, broken by what, at what
    distance); `originals`, `adversarials` (m, *chw) a few broken samples with their `shown` records; `folder` the run
    directory, if there is one.
    """

    result: dict[str, Any]
    samples: list[dict[str, Any]]
    originals: Tensor
    adversarials: Tensor
    shown: list[dict[str, Any]]
    folder: Path | None

    @property
    def n(self) -> int:
        """Samples audited."""
        return int(self.result["n"])

    @property
    def clean_accuracy(self) -> float:
        """Share of samples that the model gets right as they are."""
        return float(self.result["clean_accuracy"])

    @property
    def robust_accuracy(self) -> float:
        """Share of samples that the model gets right and no attack broke: an upper bound on the truth."""
        return float(self.result["robust_accuracy"])

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the robust accuracy."""
        low, high = self.result["interval"]
        return float(low), float(high)


def audit(
    model: str | nn.Module | LoadedModel,
    data: str | Dataset,
    threat: str | Threat,
    *,
    n: int = 1000,
    seed: int = 0,
    attacks: Sequence[str | Attack] | None = None,
    out: str | Path | None = None,
    fast: bool = True,
    batch_size: int | None = None,
    curve: int = 200,
    command: str | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Measure how many of n samples a classifier gets right whatever an attacker does inside the threat.

    A sample stands when every attack failed on it: the worst case sample by sample, not the smallest accuracy over
    attacks (T38). The figure is an upper bound on the true robust accuracy, as every figure from attacks is.

    Args:
        model: a torch module, or the text of a model; normalization belongs inside it.
        data: a Dataset with labels, or the text of one.
        threat: what the attacker may do, with a finite ε, such as "linf(8/255)".
        n: samples, drawn at random with `seed` (all of them, if there are no more).
        attacks: units or texts, run in order, each on what the ones before left standing; by default APGD and targeted
            APGD (in L0, PGD and FMN).
        out: a directory for the run. Interrupted at any moment, the same call goes on from the last whole chunk and
            ends with the identical figure; without it nothing is written.
        fast: use a fast twin of the model for the passes; every success is confirmed on the model itself.
        curve: samples whose smallest breaking change is looked for, to draw accuracy against ε; 0 for none.
        progress: called at every chunk.

    Returns: AuditResult, with n, clean and robust accuracy, interval, attacks, classes, curve.

    Raises: InputError, one line, before anything is written, for bad input or a directory that holds another run.

    Cost: at most the attacks' passes for each sample, far fewer for one that falls early; the curve adds about 200
    passes for each of its samples.

    >>> from sparring.models import load_model
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    >>> found = audit(net, "digits:test", "linf(0.1)", n=20, curve=0)
    >>> found.n, 0 <= found.robust_accuracy <= found.clean_accuracy
    (20, True)
    """
    started = time.perf_counter()
    dataset, limit = load_data(data), parse_as(Threat, threat)
    chosen = DEFAULT_ATTACKS[limit.name()] if attacks is None else attacks
    methods = tuple(parse_as(Attack, each) for each in chosen)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    dataset = align(dataset, loaded.classes)  # a folder of cats has labels 0, 1, ...; ImageNet's are 281, 285, ...
    victim = TorchVictim(loaded.module, fast=fast)
    indices = dataset.subset(n, seed)
    classes = preflight(victim, dataset, indices, methods, limit)
    size = chunk_size(dataset.images([0])[0])
    spec = spec_of(loaded, dataset, methods, limit, len(indices), seed, fast, size, curve)
    folder = None if out is None else open_run(Path(out), spec, command)
    log = Log(folder / "log.jsonl") if folder else None
    chunks: list[Chunk] = []
    parts = torch.split(indices, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what attacks warn of is counted in the result, once for all chunks
        for number, part in enumerate(parts):
            chunk = load_chunk(folder, number) if folder else None
            if chunk is None:
                x, y = dataset.take(part)
                chunk = run_chunk(victim, x, y, part, methods, limit, seed=seed, batch_size=batch_size)
                if folder:
                    save_chunk(folder, number, chunk)
                if log:
                    log("chunk", number=number, of=len(parts), seconds=sum(a["seconds"] for a in chunk.attacks))
            chunks.append(chunk)
            if progress is not None:
                samples = [record for each in chunks for record in each.samples]
                right = sum(r["clean"] == r["label"] for r in samples)
                progress(len(samples), len(indices), right, right - sum(r["broken_by"] is not None for r in samples))
        samples = [record for each in chunks for record in each.samples]
        drawn = _curve(victim, dataset, samples, limit, curve, seed, batch_size, folder)
    names = align_names(loaded, dataset, classes)
    result = {
        "kind": "audit",
        **figures(samples, chunks, names),
        "threat": str(limit),
        "norm": limit.name(),
        "eps": limit.radius,
        "seed": seed,
        **drawn,
        "spec": spec | {"versions": versions()},
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.perf_counter() - started, 3),
        "warnings": warnings_of(chunks),
    }
    if folder:
        write_json(folder / "samples.json", samples)
        write_json(folder / "result.json", result)
    return _with_pictures(result, samples, chunks, folder)


def align_names(model: LoadedModel, data: Dataset, classes: int) -> tuple[str, ...]:
    """Return one name a class: the model's own, else the data's, else numbers."""
    for names in (model.classes, data.classes):
        if names is not None and len(names) == classes:
            return tuple(names)
    return tuple(str(index) for index in range(classes))


def _curve(
    victim: TorchVictim,
    data: Dataset,
    samples: list[dict[str, Any]],
    threat: Threat,
    count: int,
    seed: int,
    batch_size: int | None,
    folder: Path | None,
) -> dict[str, Any]:
    """Look for the smallest change that breaks each of the first samples, and read accuracy off at every ε."""
    if count <= 0:
        return {"curve": None}
    chosen = samples[:: max(1, len(samples) // count)][:count]
    path = None if folder is None else folder / "distances.json"
    if path is not None and path.exists():
        known = read_json(path)
    else:
        x, y = data.take(torch.tensor([r["index"] for r in chosen]))
        free = dataclasses.replace(threat, eps=float("inf"))
        found = attack(victim, x, y, CURVE_ATTACK, free, seed=seed, batch_size=batch_size)
        known = [float(d) if d < float("inf") else None for d in found.distance]
        if path is not None:
            write_json(path, known)
    distances = torch.tensor([float("inf") if d is None else d for d in known], dtype=torch.float64)
    audited = torch.tensor([r.get("distance", float("inf")) for r in chosen], dtype=torch.float64)
    right = torch.tensor([r["clean"] == r["label"] for r in chosen])
    distances = torch.minimum(distances, audited)
    return {
        "curve": accuracy_curve(distances, right, norm=threat.name(), attack=CURVE_ATTACK, eps=threat.radius),
        "distance_percentiles": percentiles(distances, right),
    }


def _with_pictures(
    result: dict[str, Any], samples: list[dict[str, Any]], chunks: list[Chunk], folder: Path | None
) -> AuditResult:
    originals = torch.cat([chunk.pictures["original"] for chunk in chunks])
    adversarials = torch.cat([chunk.pictures["adversarial"] for chunk in chunks])
    shown = [chunk.samples[row] for chunk in chunks for row in chunk.pictures["rows"].tolist()]
    return AuditResult(result, samples, originals, adversarials, shown, folder)
