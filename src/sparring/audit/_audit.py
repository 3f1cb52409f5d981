"""The verb `audit`: how accurate a classifier stays when an attacker may change its input, and whether that is real."""

from __future__ import annotations

import dataclasses
import datetime
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

from torch import Tensor, nn

from sparring.attacks import Attack
from sparring.audit._chunks import Work, chunk_size
from sparring.audit._curve import curve_of
from sparring.audit._examine import Examination, examine
from sparring.audit._figures import Record, figures, warnings_of
from sparring.audit._folder import gather_pictures, spec_of
from sparring.audit._guarded import classifier_of, figures_of_guard, looked_at, missed, oblivious
from sparring.audit._phases import Phases, fallen, merged
from sparring.audit._preflight import check_request, preflight
from sparring.audit._protocols import DRAWS, EOT_DRAWS, attacks_of
from sparring.audit._verdict import verdict
from sparring.core.group import this_group
from sparring.core.runs import Log, machine, open_run, versions, write_json, write_lines
from sparring.data import Dataset, load_data
from sparring.models import LoadedModel, align, load_model
from sparring.registry import parse_as
from sparring.threats import Threat

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
    samples: list[Record]
    originals: Tensor
    adversarials: Tensor
    shown: list[Record]
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

    @property
    def verdict(self) -> str | None:
        """Whether the figure is "sound" or "suspect"; None where it was not asked."""
        judged = self.result["verdict"]
        return None if judged is None else str(judged["verdict"])


def audit(
    model: str | nn.Module | LoadedModel,
    data: str | Dataset,
    threat: str | Threat,
    *,
    n: int = 1000,
    seed: int = 0,
    protocol: str = "fast",
    attacks: Sequence[str | Attack] | None = None,
    judge: bool | None = None,
    out: str | Path | None = None,
    fast: bool = True,
    batch_size: int | None = None,
    curve: int = 100,
    command: str | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Measure how many of n samples a classifier gets right whatever an attacker does inside the threat.

    A sample stands when every attack failed on it: the worst case sample by sample, not the smallest accuracy over
    attacks (T38). The figure is an upper bound on the true robust accuracy, as every figure from attacks is; the
    verdict says whether there is evidence that it is too kind.

    Args:
        model: a torch module, or the text of a model; normalization belongs inside it.
        data: a Dataset with labels, or the text of one.
        threat: what the attacker may do, with a finite ε, such as "linf(8/255)".
        n: samples, drawn at random with `seed` (all of them, if there are no more).
        protocol: "fast", "autoattack" (the published standard ensemble), "rand" (its form for random models) or
            "thorough". A model that hides its gradient is looked into first, and attacked where the gradient is.
        attacks: units or texts, run in order on the model as it is, instead of a protocol.
        judge: take evidence and give a verdict; by default for protocols only. What the evidence breaks counts.
        out: a directory for the run. Interrupted at any moment, the same call goes on from the last whole part and
            ends with the identical figure; without it nothing is kept. Under `torchrun` all processes share the work.
        fast: use a fast twin of the model for the passes; every success is confirmed on the model itself.
        curve: samples whose smallest breaking change is looked for, to draw accuracy against ε; 0 for none.
        progress: called at every chunk.

    A model that may refuse (`rejects`) has to be fooled into an answer, and what it refuses without an attack is wrong
    from the start. Around a classifier that is known, three figures are given: that classifier's alone, the guard's
    against attackers who do not know of it, and both against those who do, which is the robust accuracy (T42).

    Returns: AuditResult, with n, clean and robust accuracy, interval, verdict, attacks, classes, curve.

    Raises: InputError, one line, before anything is written, for bad input or a directory that holds another run.

    Cost: at most the attacks' passes for each sample, far fewer for one that falls early; the evidence adds about
    2,000 for each of at most 64 samples; the curve about 200 for each of its samples.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    >>> found = audit(net, "digits:test", "linf(0.1)", n=20, curve=0, judge=False)
    >>> found.n, 0 <= found.robust_accuracy <= found.clean_accuracy
    (20, True)
    """
    started = time.perf_counter()
    dataset, limit = load_data(data), parse_as(Threat, threat)
    loaded = load_model(model, input_shape=dataset.shape, classes=dataset.classes)
    dataset = align(dataset, loaded.classes)  # a folder of cats has labels 0, 1, ...; ImageNet's are 281, 285, ...
    indices = dataset.subset(n, seed)
    own = None if attacks is None else tuple(parse_as(Attack, each) for each in attacks)
    check_request(limit, own)
    judge = own is None if judge is None else judge
    group = this_group()
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # what attacks warn of is counted in the result, once for all chunks
        if own is not None:
            seen = preflight(loaded, dataset, indices, own, limit, fast=fast)
            methods = own
        else:
            seen = examine(loaded, dataset, indices, limit, fast=fast, draws=DRAWS.get(protocol, EOT_DRAWS))
            methods = attacks_of(protocol, limit, seen.access)
        size = chunk_size(dataset.images([0])[0])
        spec = spec_of(
            loaded, dataset, methods, limit, n=len(indices), seed=seed, fast=fast, chunk=size, curve=curve,
            protocol=protocol if own is None else "custom", judge=judge,
        )  # fmt: skip
        folder = None if out is None else Path(out)
        work_dir = folder or Path(group.share(stack.enter_context(tempfile.TemporaryDirectory(prefix="sparring-"))))
        if folder is not None and group.rank == 0:
            open_run(folder, spec, command, beside="chunks")
        group.wait()
        work = Work(seen.attacked, methods, limit, seed, batch_size, allow_probabilities=own is None)
        phases = Phases(work_dir, group, dataset, work, size, Log(work_dir / "log.jsonl"), progress)
        samples, costs = phases.chunks("chunks", indices, work)
        tried, classes = None, seen.classes - loaded.rejects
        inner = classifier_of(loaded)
        if inner is not None:
            alone = looked_at(inner, dataset, indices, limit, own, protocol)
            part = dataclasses.replace(work, victim=alone[0], attacks=alone[1])
            tried = oblivious(phases, indices, part, seen.attacked)
            samples = merged(samples, missed(samples, tried, classes))
        judged = None
        if judge:
            samples, costs, judged = _judge(phases, samples, costs, seen, counts=own is None)
        drawn = curve_of(seen, dataset, samples, limit, curve, seed, batch_size, phases)
        names = align_names(loaded, dataset, seen.classes)
        result = {
            "kind": "audit",
            "protocol": spec["protocol"],
            **figures(samples, costs, names),
            "verdict": judged,
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
            "warnings": warnings_of(costs),
        }
        if inner is not None or loaded.rejects:
            result["guard"] = figures_of_guard(samples, tried, classes)
        if loaded.queries is not None:
            result["queries"] = loaded.queries.summary()
        if folder is not None and group.rank == 0:
            write_lines(folder / "samples.jsonl", samples)
            write_json(folder / "result.json", result)
        group.wait()
        pictures = gather_pictures(work_dir, samples)
    return AuditResult(result, samples, *pictures, folder)


def _judge(
    phases: Phases, samples: list[Record], costs: list[Record], seen: Examination, *, counts: bool
) -> tuple[list[Record], list[Record], dict[str, Any]]:
    """Take the evidence, do what it asks for, and judge; under a protocol what was broken on the way counts."""
    evidence, few = phases.evidence(samples, seen)
    after, added = samples, costs
    if counts:
        after = merged(samples, fallen(samples, evidence, few))
        more, cost = phases.more(after, evidence, seen)
        after, added = merged(after, more), costs + cost
        if any(each["name"] == "more_steps" and each["doubtful"] for each in evidence):
            # All that stand have had more steps now: did that suffice?
            again, few = phases.evidence(after, seen, ("more_steps",), "evidence-again")
            after = merged(after, fallen(after, again, few))
            evidence = [again[0] if again and each["name"] == "more_steps" else each for each in evidence]
    standing = sum(r["broken_by"] is None and r["clean"] == r["label"] for r in after)
    return after, added, verdict(standing / len(after), seen, evidence, standing=standing)


def align_names(model: LoadedModel, data: Dataset, classes: int) -> tuple[str, ...]:
    """Return one name a class, and one for a refusal: the model's own, else the data's, else numbers."""
    known = classes - model.rejects
    for names in (model.classes, data.classes):
        if names is not None and len(names) == known:
            return (*names, *["refused"] * model.rejects)
    return (*map(str, range(known)), *["refused"] * model.rejects)
