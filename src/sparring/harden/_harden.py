"""The verb `harden`: train a classifier against an attacker, keep the best weights, audit before and after."""

from __future__ import annotations

import dataclasses
import datetime
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sparring.audit import AuditResult, audit
from sparring.core.group import this_group
from sparring.core.runs import machine, open_run, versions, write_json
from sparring.data import Dataset, load_data
from sparring.defenses import Defense
from sparring.errors import InputError
from sparring.harden import _folder
from sparring.harden._careless import careless, one_step
from sparring.harden._data import split, test_data
from sparring.harden._recipe import Recipe
from sparring.harden._subject import subject
from sparring.harden._train import run
from sparring.harden._work import Progress, Work
from sparring.models import LoadedModel, Trainable
from sparring.models._loaded import checksum
from sparring.registry import parse_as
from sparring.threats import Threat


@dataclass(frozen=True, eq=False)
class Hardened:
    """What hardening gave: `net` in eval mode, the audits `before` and `after`, and what `result.json` holds."""

    net: nn.Module
    before: AuditResult | None
    after: AuditResult | None
    result: dict[str, Any]
    folder: Path | None


def harden(
    model: str | nn.Module | LoadedModel | Trainable,
    data: str | Dataset,
    threat: str | Threat,
    defense: str | Defense = "adversarial(steps=2, carry=True)",
    *,
    recipe: Recipe | None = None,
    test: str | Dataset | None = None,
    unlabeled: str | Dataset | None = None,
    labels: int | None = None,
    n: int = 1000,
    before: bool = True,
    after: bool = True,
    seed: int = 0,
    out: str | Path | None = None,
    device: str | torch.device = "cpu",
    command: str | None = None,
    progress: Progress | None = None,
) -> Hardened:
    """Train a classifier to withstand a threat, and measure on other data what that has bought.

    Args:
        model: an architecture, such as "resnet(width=22)", to be trained from scratch; or a model with weights to go
            on from: a run directory, FILE.py:function, a module (which is not changed).
        data: labeled training data; part of it is held out to choose the best weights by.
        threat: what the attacker may do, such as "linf(0.1)".
        defense: how it is trained.
        recipe: epochs, learning rate and the like.
        test: what the audits are on; for a data set with a test part, that is the default.
        unlabeled: images without labels, for defenses that learn from them too.
        labels: keep this many labels, evenly over the classes; the other images join the unlabeled ones.
        n: test samples that are audited.
        before, after: audit the model as it was (for an architecture: trained plainly, for as many epochs), and as it
            is now.
        seed: decides every random number.
        out: a directory for the run. Killed at any moment, the same call goes on and ends with the same weights, to
            the bit on the same machine. Under `torchrun` all processes share every batch.
        progress: called with every record.

    Returns: Hardened.

    Raises: InputError, one line, for bad input, losses that are not finite, or a directory that holds another run.

    Cost: epochs · len(data) times the passes of the defense; 10 looks at 500 held-out samples; two audits.

    >>> from sparring.harden import Recipe
    >>> quick = Recipe(epochs=1, held_out=100)
    >>> found = harden("mlp(hidden=(16,))", "digits:train", "linf(0.05)", "fast", recipe=quick, before=False, n=20)
    >>> found.before is None, found.after.n
    (True, 20)
    """
    started, recipe, device = time.perf_counter(), recipe or Recipe(), torch.device(device)
    method, limit = parse_as(Defense, defense), parse_as(Threat, threat)
    if not limit.bounded:
        raise InputError(f"expected a finite eps to harden against, got {limit}: give a radius")
    whole = load_data(data)
    whole.take([0])  # says so when there are no labels
    judged = test_data(whole, test) if before or after else None
    train, held, extra = split(whole, recipe, labels, unlabeled, seed)
    who = subject(model, whole, method)
    folder, group = None if out is None else Path(out), this_group()
    spec = {
        "kind": "harden", "model": who.text, "start": None if who.start is None else checksum(who.start),
        "defense": str(method), "threat": str(limit), "recipe": dataclasses.asdict(recipe),
        "data": whole.name, "data_checksum": whole.checksum, "labels": labels,
        "unlabeled": None if extra is None else extra.checksum, "test": None if judged is None else judged.name,
        "test_checksum": None if judged is None else judged.checksum, "n": n, "before": before, "after": after,
        "seed": seed,
    }  # fmt: skip
    if folder is not None and group.rank == 0:
        open_run(folder, spec, command)
    group.wait()
    work = Work(who, method, limit, recipe, train, seed, folder, group, device, progress)

    net = who.fresh(whole, method, seed)
    ready = work.prepare()
    net, seen = run(
        net, method, train, held, limit, recipe, seed=seed, tuned=who.start is not None, prepared=ready,
        extra=extra, folder=folder, group=group,
        device=device, progress=work.tell("train"),
    )  # fmt: skip
    unit = None if who.unit is None else method.unit(who.unit)
    if folder is not None and group.rank == 0:
        _folder.save_hardened(folder, who.text, unit, net, whole.shape, whole.classes)
    group.wait()
    seconds = max(time.perf_counter() - started, seen["seconds"])  # a run that was cut has spent more than this call
    audits: dict[str, AuditResult] = {}
    for name in (("before",) if before else ()) + (("after",) if after else ()):
        victim = net if name == "after" else who.start if who.start is not None else work.plain()
        text = ("the hardened " if name == "after" else "the undefended ") + who.text
        assert judged is not None
        audits[name] = audit(
            LoadedModel(victim.cpu().eval(), text, whole.classes, whole.shape, checksum(victim)), judged, limit, n=n,
            seed=seed, curve=0, out=None if folder is None else folder / name,
            progress=work.tell_audit(name),
        )  # fmt: skip
    result = {
        "kind": "harden",
        "spec": spec | {"versions": versions()},
        "threat": str(limit),
        "defense": str(method),
        "claimed": method.claimed,
        "broken": method.broken,
        "held_out": seen["best"] | {"n": len(held)},
        "history": seen["history"],
        "one_step": one_step(net.cpu(), held, limit, seed),
        "careless": careless(net, judged, limit, n, seed) if after and judged is not None else {},
        "passes": round(recipe.epochs * method.passes * method.replays * len(train)),
        "seconds": round(seconds, 3),
        **{name: each.result for name, each in audits.items()},
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
    }
    if folder is not None and group.rank == 0:
        write_json(folder / "result.json", result)
    group.wait()
    return Hardened(net, audits.get("before"), audits.get("after"), result, folder)
