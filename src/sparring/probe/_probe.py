"""The verb `probe`: a linear classifier on a discriminator's features, beside the same on pixels and on no training."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring.audit.statistics import wilson
from sparring.core.runs import machine, read_json, versions, write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError, missing_extra
from sparring.gan import Discriminator, Gan
from sparring.latent._inputs import images_for
from sparring.probe._features import pooled
from sparring.registry import parse_as
from sparring.train import load_discriminator

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1)
"""Inverse weights of the squared coefficients that are tried."""
STEPS = 200
"""Steps of L-BFGS at most."""
ROWS = {
    "discriminator": "features of the discriminator as trained",
    "untrained": "features of the same discriminator before its training",
    "pixels": "the pixels themselves",
}


@dataclass(frozen=True)
class Row:
    """One kind of features: how many, and which share of test images a linear classifier on them gets right.

    Fields: `strength` is the one chosen of STRENGTHS; `interval` is Wilson's, 95 %.
    """

    name: str
    width: int
    strength: float
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Probed:
    """What came out: a row each for `discriminator`, `untrained` and `pixels`, and what `result.json` holds."""

    rows: tuple[Row, ...]
    result: dict[str, Any]

    def __getitem__(self, name: str) -> Row:
        """Return a row by its name."""
        return next(row for row in self.rows if row.name == name)


def probe(
    run: str | Path,
    data: str | Dataset,
    test: str | Dataset,
    *,
    n: int = 5000,
    n_test: int = 10_000,
    seed: int = 0,
    out: str | Path | None = None,
    command: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Probed:
    """Say how much of the classes a discriminator has learned without having been told of them.

    Multinomial logistic regression on `pooled` features, each of mean 0 and deviation 1; its strength is chosen on a
    fifth of the images it learns from, then it learns from all of them.

    Args:
        run: the directory of a training, whose last discriminator is taken.
        data: labelled images to learn from; they are brought to the discriminator's size and colors.
        test: labelled images to be right about, others than those.
        n, n_test: of each, at most, drawn by `seed`.
        out: a directory for `result.json`.
        progress: is told which features are next.

    Returns: Probed.

    Raises: InputError without labels, for the same images twice, and for fewer than 10 to learn from. MissingExtra
    without scikit-learn.

    Cost: 2 (n + n_test) forwards, and five logistic regressions for each of three kinds of features.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 5. **Differs**: logistic regression for their
    linear SVM; the untrained net beside it, since random features are better than none.
    """
    discriminator, spec = load_discriminator(run), read_json(Path(run) / "spec.json")
    whole, other = _labelled(discriminator, data), _labelled(discriminator, test)
    if whole.checksum == other.checksum:
        raise InputError(f"expected other images to test on than to learn from, got {whole.name} twice")
    learn = whole.part(whole.subset(n, seed), whole.name)
    judge = other.part(other.subset(n_test, seed), other.name)
    if len(learn) < 10 or learn.classes != judge.classes:
        raise InputError(
            f"expected at least 10 images and the same classes in both data sets, got {len(learn)} images of "
            f"{len(learn.classes)} classes and {len(judge.classes)} to test on"
        )
    before = _before(spec, discriminator)
    looks: dict[str, Callable[[Tensor], Tensor]] = {
        "discriminator": lambda x: pooled(discriminator, x),
        "untrained": lambda x: pooled(before, x),
        "pixels": lambda x: x.flatten(1),
    }
    (x, y), (x_test, y_test) = learn.take(), judge.take()
    rows = []
    for name, look in looks.items():
        if progress is not None:
            progress(name)
        rows.append(_row(name, look(x), y, look(x_test), y_test, seed))
    result = {
        "kind": "probe",
        "spec": {
            "run": str(run), "data": learn.name, "test": judge.name, "n": len(learn), "n_test": len(judge),
            "seed": seed, "versions": versions(),
        },
        "rows": [asdict(row) | {"is": ROWS[row.name]} for row in rows],
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
    }  # fmt: skip
    if out is not None:
        write_json(Path(out) / "result.json", result)
    return Probed(tuple(rows), result)


def _labelled(net: Discriminator, source: str | Dataset) -> Dataset:
    found = images_for(net, source)
    found.take([0])  # says so when there are no labels
    return found


def _before(spec: dict[str, Any], trained: Discriminator) -> Discriminator:
    """Return the discriminator that the training began with."""
    unit = parse_as(Gan, spec["gan"])
    _, net = unit.build(tuple(spec["shape"]), int(spec["classes"]), seed=int(spec["seed"]))
    if trained.reference is not None:
        net.reference = trained.reference
    return net.eval().requires_grad_(False)


def _row(name: str, x: Tensor, y: Tensor, x_test: Tensor, y_test: Tensor, seed: int) -> Row:
    mean, deviation = x.mean(0), x.std(0)
    deviation[deviation < 1e-8] = 1.0
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(child_seed(seed, "probe")))
    held, rest = order[: len(x) // 5], order[len(x) // 5 :]
    shares = [_share(x[rest], y[rest], x[held], y[held], strength) for strength in STRENGTHS]
    strength = STRENGTHS[int(np.argmax(shares))]
    right = round(_share(x, y, x_test, y_test, strength) * len(y_test))
    return Row(name, x.shape[1], strength, right / len(y_test), wilson(right, len(y_test)))


def _share(x: Tensor, y: Tensor, x_test: Tensor, y_test: Tensor, strength: float) -> float:
    """Return the share of images that a classifier learned from others gets right."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise missing_extra("scikit-learn", "data") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that ran out, which is a regularization too
        model = LogisticRegression(C=strength, max_iter=STEPS, tol=1e-3).fit(x.numpy(), y.numpy())
    return float((model.predict(x_test.numpy()) == y_test.numpy()).mean())
