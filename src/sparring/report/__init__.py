"""Reports: a result and a few pictures in, one self-contained HTML page out. Nothing here runs a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from sparring.report import (
    _attack,
    _audit,
    _certify,
    _compare,
    _demo,
    _evaluate,
    _explain,
    _harden,
    _modes,
    _substitute,
    _train,
    _transfer,
)
from sparring.report._page import render, write_report
from sparring.report._pictures import Forged, Picture

__all__ = [
    "Forged",
    "Picture",
    "attack_page",
    "audit_page",
    "certify_page",
    "compare_page",
    "demo_page",
    "evaluate_page",
    "explain_page",
    "harden_page",
    "modes_page",
    "substitute_page",
    "train_page",
    "transfer_page",
    "write_report",
]


def audit_page(result: Mapping[str, Any], pictures: Sequence[Picture] = ()) -> str:
    """Return an audit's page, for a reader who has never heard of a norm: the verdict, then what it rests on.

    `result`: an audit's `result.json`; it must have `n`, `clean_accuracy` and `robust_accuracy` (shares of
    1), and a section whose part is missing is left out. `pictures`: shown as they come.

    Raises InputError where the figures of the verdict are missing. Cost: no passes.

    >>> "43.1" in audit_page({"n": 1000, "clean_accuracy": 0.912, "robust_accuracy": 0.431})
    True
    """
    return render(_audit.story(result, pictures))


def attack_page(result: Mapping[str, Any], pictures: Sequence[Picture] = ()) -> str:
    """Return one attack's page: what it achieved, by both counts (of all, of correct: T50), and its pictures.

    `result`: an attack's `result.json`; it must have `attack` and `n`. `pictures`: shown as they come.

    Raises InputError where these are missing. Cost: no passes.

    >>> "pgd(steps=40)" in attack_page({"attack": "pgd(steps=40)", "n": 40, "success_rate": 0.9})
    True
    """
    return render(_attack.story(result, pictures))


def certify_page(result: Mapping[str, Any]) -> str:
    """Return the page of a certification: how many images are right under any change up to a radius, with proof.

    `result`: a certification's `result.json`; it must have `n`, `sigma`, `draws`, `alpha`, `certified` and `curve`.

    Raises InputError where these are missing. Cost: no passes.

    >>> row = {"radius": 0.25, "count": 8, "accuracy": 0.8, "interval": (0.44, 0.97)}
    >>> result = {"n": 10, "sigma": 0.25, "draws": 1000, "alpha": 0.001, "certified": [row], "reach": 0.6}
    >>> result |= {"curve": {"points": [[0, 0.9], [0.6, 0.1]]}, "abstained": 0.1, "smoothed_accuracy": 0.9}
    >>> result |= {"plain_accuracy": 0.9, "smoothed_interval": None, "median_radius": 0.4, "at_reach": 0.1}
    >>> "stay right under any change" in certify_page(result)
    True
    """
    return render(_certify.story(result))


def compare_page(result: Mapping[str, Any]) -> str:
    """Return the page of two audits of the same samples: which is better, by how much, and on which samples.

    `result`: a comparison's `compare.json`; it must have `n`, `robust`, `clean`, `changed` and `spec`.

    Raises InputError where these are missing. Cost: no passes.

    >>> paired = {"both": 8, "only_first": 0, "only_second": 2, "neither": 0, "first": 0.8, "second": 1.0}
    >>> paired |= {"first_interval": (0.49, 0.94), "second_interval": (0.72, 1.0), "p_value": 0.5}
    >>> paired |= {"difference": 0.2, "interval": (-0.1, 0.5)}
    >>> "cannot be told apart" in compare_page({"n": 10, "robust": paired, "clean": paired, "changed": [], "spec": {}})
    True
    """
    return render(_compare.story(result))


def demo_page(
    cat: Mapping[str, Any],
    cats: Sequence[Picture],
    noise: Sequence[Forged],
    audit: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
    *,
    seconds: float | None = None,
    command: str = "sparring demo",
) -> str:
    """Return the demo's page: a cat that became an iguana, an iguana out of noise, and an audit.

    `cat`, `cats`: the attack's `result.json` and its pictures. `noise`: what was forged, each with its curve.
    `audit`, `pictures`: as for `audit_page`. `seconds`: how long the whole demo took.

    Raises InputError where a result lacks what its verdict needs. Cost: no passes.

    >>> audit = {"n": 100, "clean_accuracy": 0.97, "robust_accuracy": 0.12, "threat": "linf(0.1)"}
    >>> "out of noise" in demo_page({"n": 1, "threat": "linf(4/255)"}, [], [], audit)
    False
    """
    return render(_demo.story(cat, cats, noise, audit, pictures, seconds=seconds, command=command))


def evaluate_page(
    result: Mapping[str, Any], samples: Tensor | None = None, pairs: Sequence[tuple[Tensor, Tensor, float]] = ()
) -> str:
    """Return the page of an evaluation: figures of samples between those of real images and of noise.

    `result`: an evaluation's `result.json`; it must have `n`, `tables` and `spec`. `samples`: some to show, levels
    (n, c, h, w); `pairs`: samples with the training image that is nearest, and how far it is.

    Raises InputError where these are missing. Cost: no passes.

    >>> figure = {"name": "fid", "label": "fid[pixels]", "value": 3.2, "interval": [3, 4], "unit": "", "method": ""}
    >>> rows = [{"name": n, "is": n, "figures": [figure | {"fingerprint": {}}]} for n in ("samples", "truth", "noise")]
    >>> spec = {"data": "digits", "samples": "run"}
    >>> "fid[pixels] is 3.2" in evaluate_page({"n": 9, "spec": spec, "tables": [{"features": "pixels", "rows": rows}]})
    True
    """
    return render(_evaluate.story(result, samples, pairs))


def explain_page(result: Mapping[str, Any]) -> str:
    """Return the page that explains why attacks work: how nearly linear a model is along them.

    `result` must have `verdict`; it may have `title`, `paragraphs` (texts), `figures` (label, value, note),
    `charts` (title, x_title, y_title, caption, lines: name and points (x, y)), `charts_title`, `tables` (title,
    columns, rows, caption), `kicker`, `warnings`, `command`, and what `spec` holds in every result.

    Raises InputError where the verdict is missing. Cost: no passes.

    >>> chart = {"lines": [{"name": "cat", "points": [[0, 4.0], [1, -2.0]]}]}
    >>> "<polyline" in explain_page({"verdict": "The logits move along straight lines.", "charts": [chart]})
    True
    """
    return render(_explain.story(result))


def modes_page(result: Mapping[str, Any], pictures: Mapping[str, Sequence[tuple[str, bytes]]] | None = None) -> str:
    """Return the page of `sparring bench modes`: by problem, what every method reaches, and where its samples lie.

    `result`: its `result.json`; it must have `problems`. `pictures`: by problem, the name of a method and what a PNG or
    GIF file of its samples holds.

    Raises InputError where the problems are missing. Cost: no passes.

    >>> problem = {"name": "ring", "modes": 8, "intro": "", "columns": ["method"], "rows": [["gan"]]}
    >>> problem |= {"records": [{"name": "gan", "figures": [{"captured": 8}], "failed": ""}]}
    >>> "All 8 modes of ring with every seed: gan." in modes_page({"problems": [problem]})
    True
    """
    return render(_modes.story(result, pictures or {}))


def substitute_page(result: Mapping[str, Any], pictures: Sequence[Picture] = ()) -> str:
    """Return the page of a substitute: what a victim's labels gave away, by both counts (T50), and what they cost.

    `result`: a substitution's `result.json`; it must have `n`, `attacks`, `misclassified`, `of_right` and `queries`.
    `pictures`: shown as they come.

    Raises InputError where these are missing. Cost: no passes.

    >>> share = {"count": 9, "of": 10, "share": 0.9, "interval": (0.6, 0.98)}
    >>> result = {"n": 10, "attacks": [], "misclassified": share, "of_right": share, "queries": {}, "asked": 640}
    >>> "With 640 labels bought" in substitute_page(result)
    True
    """
    return render(_substitute.story(result, pictures))


def transfer_page(result: Mapping[str, Any], pictures: Sequence[Picture] = ()) -> str:
    """Return the page of a transfer matrix: how often images made on each model fool each other one.

    `result`: a transfer's `result.json`; it must have `n`, `models`, `rows` and `attack`. `pictures`: shown as they
    come.

    Raises InputError where these are missing. Cost: no passes.

    >>> share = {"count": 5, "of": 8, "share": 0.625, "interval": (0.3, 0.86)}
    >>> cell = {"target": "b", "white_box": False, "of_right": share, "of_broken": share}
    >>> models = [{"name": name, "clean": share} for name in "ab"]
    >>> rows = [{"source": "a", "cells": [cell]}]
    >>> "62.5" in transfer_page({"n": 9, "models": models, "rows": rows, "attack": "fgsm"})
    True
    """
    return render(_transfer.story(result, pictures))


def harden_page(result: Mapping[str, Any]) -> str:
    """Return the page of a hardening: the audits before and after, what a careless look would say, the training.

    `result`: a hardening's `result.json`; it must have `defense`, `spec` and `threat`.

    Raises InputError where these are missing. Cost: no passes.

    >>> "not audited" in harden_page({"defense": "trades", "threat": "linf(0.1)", "spec": {"model": "cnn"}})
    True
    """
    return render(_harden.story(result))


def train_page(
    result: Mapping[str, Any], grids: Sequence[Path] = (), film: Path | None = None, rebuilt: Path | None = None
) -> str:
    """Return the page of a GAN's training: its alarms, samples of the same codes, and what the players thought.

    `result`: a training's `result.json`; it must have `spec`, `images`, `alarms` and `looks`. `grids`: the pictures of
    the run, in order. `film`: the GIF of a game of one number. `rebuilt`: images beside what their codes give.

    Raises InputError where these are missing. Cost: no passes.

    >>> spec = {"data": "digits", "seed": 0, "gan": "gan()"}
    >>> "without an alarm" in train_page({"spec": spec, "images": 640, "alarms": [], "looks": []})
    True
    """
    return render(_train.story(result, grids, film, rebuilt))
