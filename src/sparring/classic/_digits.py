"""Biggio's study on real digits: how much of a 3 must change until it passes for a 7."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparring.classic._knapsack import Floats
from sparring.classic.biggio import gradient_evasion
from sparring.data import load_data
from sparring.errors import InputError, did_you_mean, missing_extra

MODELS = ("linear", "rbf", "poly", "mlp")
BUDGETS = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0)
"""d_max in L1, where one pixel from black to white counts 1."""

FALSE_ALARMS = 0.005
"""Share of harmless samples that a filter may stop: its threshold is set there."""


STEPS = 12
"""Descents at each budget, which begin where those of the budget before ended; 40 give the same shares to a point."""


@dataclass(frozen=True, eq=False)
class Split:
    """Digits in three parts: the model learns from the first, its threshold from the second, and meets the third."""

    train: Floats
    labels: Any
    surrogate: Floats
    surrogate_labels: Any
    harmless: Floats
    attacked: Floats


def build(name: str, seed: int) -> Any:
    """Return an untrained scikit-learn classifier by name."""
    try:
        from sklearn.neural_network import MLPClassifier
        from sklearn.svm import SVC
    except ImportError:
        raise missing_extra("scikit-learn", "classic") from None
    if name == "linear":
        return SVC(kernel="linear", C=1.0)
    if name == "rbf":
        return SVC(kernel="rbf", C=10.0, gamma=0.02)
    if name == "poly":
        return SVC(kernel="poly", C=10.0, degree=3, gamma=0.02, coef0=1.0)
    if name == "mlp":
        return MLPClassifier((32,), activation="tanh", alpha=0.1, max_iter=1000, random_state=seed)
    raise InputError(f"expected a model, got {name!r}{did_you_mean(name, MODELS)}")


def divide(seed: int, samples: int) -> Split:
    """Divide the 3s and 7s of mnist5k: 100 of each to learn from, 100 for the attacker, the rest to set and test."""
    data = load_data("mnist5k")
    labels = data.labels.numpy() if data.labels is not None else np.zeros(0)
    order = np.random.default_rng(seed).permutation(len(labels))
    three, seven = ([i for i in order.tolist() if labels[i] == digit] for digit in (3, 7))

    def pixels(rows: list[int]) -> Floats:
        return np.asarray(data.images(rows).flatten(1).numpy(), dtype=np.float64)

    learned, attacker = slice(0, 100), slice(100, 200)
    known = np.repeat([1, 0], 100)
    return Split(
        train=pixels(three[learned] + seven[learned]),
        labels=known,
        surrogate=pixels(three[attacker] + seven[attacker]),
        surrogate_labels=known,
        harmless=pixels(seven[200:]),
        attacked=pixels(three[200 : 200 + samples]),
    )


def digits_study(
    *, models: tuple[str, ...] = MODELS, density: float = 10.0, samples: int = 100, repeats: int = 3, seed: int = 0
) -> dict[str, Any]:
    """Measure how many malicious 3s are still caught, at 0.5 % false alarms, when they may change by d_max.

    Attackers who know the model exactly, and ones who know only data like its own and train a stand-in, each with and
    without the density term.

    Args:
        models: of "linear", "rbf", "poly" (SVMs) and "mlp".
        density: λ of the attackers that imitate.
        samples: digits attacked, at most 300.
        repeats: random divisions of the data, over which figures are averaged.
        seed: decides the divisions.

    Returns: what `result.json` holds: `curves`, one a model, knowledge and λ, with points (d_max, share detected,
    standard deviation over repeats), and `clean`, accuracy on digits that nobody changed.

    Raises: InputError for numbers out of range, a model that is not one, or when packages are missing.

    Source: Biggio et al. 2013, arXiv 1708.06131, Figures 3 to 5. **Differs**: the paper draws this curve for PDF
    files, and for digits one image's descent; here the digits have the curve.
    """
    if not 1 <= samples <= 300 or repeats < 1 or density < 0:
        raise InputError(f"expected 1 to 300 samples, repeats >= 1, density >= 0, got {samples}, {repeats}, {density}")
    started = time.perf_counter()
    curves, clean = [], {}
    parts = [divide(seed + repeat, samples) for repeat in range(repeats)]
    for name in models:
        targets = [build(name, seed).fit(part.train, part.labels) for part in parts]
        standins = [build(name, seed).fit(part.surrogate, part.surrogate_labels) for part in parts]
        clean[name] = float(np.mean([_accuracy(m, part) for m, part in zip(targets, parts, strict=True)]))
        for knowledge, attacked in (("perfect", targets), ("limited", standins)):
            for weight in dict.fromkeys((0.0, density)):
                runs = [
                    _detected(target, known, part, weight)
                    for target, known, part in zip(targets, attacked, parts, strict=True)
                ]
                points = zip(BUDGETS, np.mean(runs, 0).tolist(), np.std(runs, 0).tolist(), strict=True)
                curves.append({"model": name, "knowledge": knowledge, "density": weight, "points": list(points)})
    return {
        "kind": "classic-biggio",
        "curves": curves,
        "clean": clean,
        "samples": samples,
        "repeats": repeats,
        "density": density,
        "false_alarms": FALSE_ALARMS,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 3),
    }


def _accuracy(model: Any, part: Split) -> float:
    harmless, malicious = model.predict(part.harmless) == 0, model.predict(part.attacked) == 1
    return float((harmless.mean() + malicious.mean()) / 2)


def _detected(target: Any, known: Any, part: Split, density: float) -> list[float]:
    """Return the share detected at each budget: the attack runs on what is known, and is judged by the target."""
    threshold = np.quantile(_score(target, part.harmless), 1 - FALSE_ALARMS)
    sevens = (part.train if known is target else part.surrogate)[100:]
    here, shares = part.attacked, [float((_score(target, part.attacked) > threshold).mean())]
    for budget in BUDGETS[1:]:
        found = gradient_evasion(
            known, part.attacked, budget, harmless=sevens, density=density, steps=STEPS, start=here
        )
        here = found.x
        shares.append(float((_score(target, here) > threshold).mean()))
    return shares


def _score(model: Any, x: Floats) -> Floats:
    """Return the model's own score, so that the attack's copy of it is not its own judge."""
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(x))
    logs = model.predict_log_proba(x)
    return np.asarray(logs[:, 1] - logs[:, 0])
