"""The verb `guard`: put a guard around a classifier, and see what it refuses of what was made without it in mind."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.core.checks import check_labels
from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError, SparringWarning
from sparring.guards._rejecting import batches
from sparring.guards.base import Guard
from sparring.models import LoadedModel, align, load_model
from sparring.models._guarded import save_guarded
from sparring.models._load import model_folder
from sparring.models._loaded import checksum
from sparring.registry import parse_as
from sparring.types import Images, Labels
from sparring.victims.base import rejects_of
from sparring.victims.views import seeded

PROBES = (("fgsm", "linf(8/255)"), ("fgsm", "linf(0.1)"), ("deepfool", "l2(inf)"))
"""What is run on the classifier alone to see what the guard makes of it: attack and threat."""
SHARE = 5
"""Of as many images of the data, one is kept to calibrate on, and one to judge by where there is no test data."""


@dataclass(frozen=True, eq=False)
class Guarded:
    """A guarded classifier and what was seen of it on images that it has not learned from.

    Fields:
        model: the guarded model, loaded; `model.module` answers k logits, or k + 1 where it may refuse.
        guard: the unit.
        result: counts, all of `n` test images: `right_before` and `right` (not refused), `refused`; and for each probe
            how many images `fooled` the classifier alone, and of those how many the guarded model `refused`, answered
            `right`, or `missed`: was fooled by too.
        folder: the run directory, if there is one.
    """

    model: LoadedModel
    guard: Guard
    result: dict[str, Any]
    folder: Path | None


def guard(
    model: str | nn.Module | LoadedModel,
    guard: str | Guard,
    data: str | Dataset,
    *,
    calibration: str | Dataset | None = None,
    test: str | Dataset | None = None,
    n: int = 500,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Guarded:
    """Put a guard around a classifier, for whoever wants one model that protects itself, and say what it refuses.

    That figure is about attackers who do not know of the guard. `audit` says what is left against those who do.

    Args:
        model: a torch classifier, or its text.
        guard: a unit, or its text such as "safetynet(false_alarms=0.01)".
        data: labeled images to learn from.
        calibration: other clean images, to fix thresholds by; a fifth of `data` without it. Where the classifier was
            trained on them it is surer of them than of others, and more false alarms come than were asked for.
        test: images to judge by; without it the test part of a named set, else a fifth of `data`.
        n: test images, drawn at random with `seed`.
        seed: decides the split of the data, what is drawn, and the guard's own randomness.
        out: a directory for the guarded model, which `load_model(out)` gives back.
        progress: is told in words what is being done.

    Returns: Guarded.

    Raises: InputError for a model without gradients or with a guard already, and for data that do not fit.

    Cost: the guard's own fitting, and three short attacks on the classifier for each test image.

    >>> from sparring.data import load_data
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
    >>> found = guard(net, "bit_depth", load_data("digits"), n=20)
    >>> found.result["n"], found.result["refused"]
    (20, 0)
    """
    tell = progress or (lambda words: None)
    unit, whole = parse_as(Guard, guard), load_data(data)
    classifier = load_model(model, input_shape=whole.shape, classes=whole.classes)
    if classifier.access != "gradient":
        raise InputError(f"expected a torch network with gradients to guard, got {classifier.text}: load the network")
    if classifier.rejects or classifier.classifier is not None:
        raise InputError(f"expected a classifier without a guard, got {classifier.text}: name the one inside")
    whole = align(whole, classifier.classes)
    train, held, judged = _split(whole, calibration, test, seed, classifier.classes)
    x, y = judged.take(judged.subset(n, seed))
    tell(f"fitting {unit}")
    module = unit.fit(classifier.module, train, held, seed=seed).eval()
    with torch.no_grad(), seeded(seed):
        classes = classifier.module(x[:1]).shape[1]
    check_labels(y, len(y), classes)
    before, after = _answers(classifier.module, x, seed), _answers(module, x, seed)
    asked = getattr(unit, "false_alarms", None)
    about = {"guard": str(unit), "rejects": rejects_of(module), "false_alarms": asked, "seed": seed}
    about |= {"model": classifier.text, "data": train.name, "calibration": held.name, "test": judged.name}
    right_before, right, refused = before == y, after == y, after >= classes
    result = {
        **about,
        "n": len(x),
        "right_before": int(right_before.sum()),
        "right": int(right.sum()),
        "refused": int(refused.sum()),
        "probes": [_probe(classifier, module, x, y, *each, seed, tell) for each in PROBES],
    }
    folder, text = None if out is None else Path(out), f"{unit} around {classifier.text}"
    if folder is not None:
        coded = ":" in classifier.text
        home = None if coded or not Path(classifier.text).is_dir() else model_folder(Path(classifier.text))
        del about["model"], about["guard"]
        save_guarded(folder, unit, module, classifier, home, **about)
        text = f"{classifier.text}@{folder}" if coded else str(folder)
    loaded = dataclasses.replace(
        classifier, module=module, text=text, checksum=checksum(module), classifier=classifier.module
    )
    return Guarded(loaded, unit, result, folder)


def _split(
    whole: Dataset,
    calibration: str | Dataset | None,
    test: str | Dataset | None,
    seed: int,
    names: Sequence[str] | None,
) -> tuple[Dataset, Dataset, Dataset]:
    """Return images to learn from, to calibrate on and to judge by: no two share one."""
    whole.take([0])  # says so when there are no labels
    if test is None and whole.name.endswith(":train"):
        test = whole.name.removesuffix("train") + "test"
    given = [None if each is None else align(load_data(each), names) for each in (calibration, test)]
    cut = len(whole) // SHARE
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(child_seed(seed, "split") % 2**31))
    if cut < 1:
        raise InputError(f"expected at least {SHARE} images to learn from and calibrate on, got {len(whole)}")
    parts, used = [], 0
    for each, what in zip(given, ("calibration", "test"), strict=True):
        if each is None:
            each = _part(whole, order[used : used + cut], what)
            used += cut
        elif each.shape != whole.shape:
            raise InputError(f"expected {what} images of shape {whole.shape}, as the data's, got {each.shape}")
        parts.append(each)
    return _part(whole, order[used:], "train") if used else whole, parts[0], parts[1]


def _part(whole: Dataset, rows: Tensor, what: str) -> Dataset:
    assert whole.labels is not None  # was looked at
    return Dataset(whole.pixels[rows], whole.labels[rows], whole.classes, f"{len(rows)} of {whole.name} for {what}")


def _answers(model: nn.Module, x: Images, seed: int) -> Labels:
    with torch.no_grad(), seeded(seed):
        return torch.cat([model(part).argmax(1) for part in batches(x)])


def _probe(
    classifier: LoadedModel, module: nn.Module, x: Images, y: Labels, text: str, threat: str, seed: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Attack the classifier alone, and show the guarded model what fooled it."""
    tell(f"{text} within {threat} on the classifier alone")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparringWarning)
        found = attack(classifier.victim(), x, y, text, threat, seed=seed, allow_probabilities=True)
    fools = found.success & found.clean_correct
    counts = {"attack": text, "threat": threat, "fooled": int(fools.sum()), "refused": 0, "right": 0, "missed": 0}
    if not counts["fooled"]:
        return counts
    says, truth = _answers(module, found.images[fools], seed), y[fools]
    refused, right = int((says >= found.logits.shape[1]).sum()), int((says == truth).sum())
    return counts | {"refused": refused, "right": right, "missed": len(says) - refused - right}
