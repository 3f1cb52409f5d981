"""The linear explanation (C1): many small changes, all in the right direction, add up."""

from __future__ import annotations

import math
from typing import Any

import torch

WEIGHTS = (1, 3, -1, 2, 2, 3)
INPUT = (1, -1, 2, 0, 3, -2)
DIMENSIONS = (6, 100, 784, 3072, 150_528)
"""The example's, a round number, a gray 28 × 28, a color 32 × 32 and a color 224 × 224 image."""


def explain_linear(eps: float = 0.2, *, draws: int = 200, seed: int = 0) -> dict[str, Any]:
    """Work the smallest example by hand and show how its effect grows with the number of inputs.

    For a linear score ŷ = w·x, the change η = ε w adds ε ‖w‖₂², and among changes of at most ε a coordinate
    η = ε sign(w) adds the most, ε ‖w‖₁: in proportion to the dimension d, while w·x of an unrelated x grows like √d.

    Returns: a dict for `explain_page` and `result.json`; `example` holds the figures of the worked case, `growth` a
    row a dimension: mean |w·x| over `draws` Gaussian pairs, the mean shift, and their ratio.

    Cost: no passes; a few seconds of arithmetic.

    Source: Goodfellow, Shlens, Szegedy 2015, arXiv 1412.6572, section 3. **Differs**: nothing; the figures of the
    growth are drawn here.

    >>> found = explain_linear(draws=2)["example"]
    >>> found["before"], found["after"], found["after_sign"]
    (-4.0, 1.6, -1.6)
    """
    w, x = torch.tensor(WEIGHTS, dtype=torch.float64), torch.tensor(INPUT, dtype=torch.float64)
    before, after, after_sign = (_round(w @ v) for v in (x, x + eps * w, x + eps * w.sign()))
    growth = [_at_dimension(d, eps, draws, seed) for d in DIMENSIONS]
    first, last = growth[0], growth[-1]
    return {
        "kind": "explain",
        "title": "Why a small change is enough",
        "verdict": (
            f"Moving six numbers by {eps:g} times their weights turns a score of {before:g} into {after:g}: "
            "no number changes much, but every change pulls the same way, and the changes add up."
        ),
        "paragraphs": [
            f"The score is the sum of weights times inputs, {_sum(WEIGHTS, INPUT)} = {before:g}. Adding {eps:g} w "
            f"to the input adds {eps:g} ‖w‖² = {eps:g} · {float(w @ w):g} = {after - before:g}, "
            f"whatever the input was.",
            f"If no input may change by more than {eps:g}, the best change is {eps:g} times the sign of each weight. "
            f"It adds {eps:g} ‖w‖₁ = {eps:g} · {float(w.abs().sum()):g} = {after_sign - before:g}.",
            f"An image has many more inputs. The score of an unrelated input grows like the square root of their "
            f"number, the shift like the number itself: with {first['dimension']} inputs the shift is "
            f"{first['ratio']:.2g} "
            f"times the typical score, with {last['dimension']:,} it is {last['ratio']:.0f} times.",
        ],
        "figures": [
            {"label": "score before", "value": f"{before:g}", "note": "w·x"},
            {"label": "after x + εw", "value": f"{after:g}", "note": "shift ε‖w‖²"},
            {"label": "after x + ε sign(w)", "value": f"{after_sign:g}", "note": "shift ε‖w‖₁"},
        ],
        "charts": [
            {
                "title": "The shift against the typical score, by number of inputs",
                "x_title": "log10 of the number of inputs",
                "y_title": "log10 of the size",
                "caption": "Both axes are logarithms to base 10; the lines' slopes are 1/2 and 1.",
                "lines": [
                    {"name": name, "points": [[math.log10(r["dimension"]), math.log10(r[key])] for r in growth]}
                    for name, key in (("typical score |w·x|", "score"), ("shift by ε sign(w)", "shift"))
                ],
            }
        ],
        "tables": [
            {
                "title": "Growth with the dimension",
                "columns": ["inputs", "typical |w·x|", f"shift at ε = {eps:g}", "ratio"],
                "rows": [
                    [f"{r['dimension']:,}", f"{r['score']:.1f}", f"{r['shift']:.1f}", f"{r['ratio']:.2f}"]
                    for r in growth
                ],
                "caption": f"Mean over {draws} pairs of standard normal w and x, seed {seed}.",
            }
        ],
        "example": {
            "weights": list(WEIGHTS),
            "input": list(INPUT),
            "eps": eps,
            "before": before,
            "after": after,
            "after_sign": after_sign,
        },
        "growth": growth,
    }


def _at_dimension(d: int, eps: float, draws: int, seed: int) -> dict[str, float]:
    generator = torch.Generator().manual_seed(seed)
    scores, shifts = [], []
    for _ in range(draws):
        w, x = torch.randn(2, d, generator=generator, dtype=torch.float64)
        scores.append(float((w @ x).abs()))
        shifts.append(eps * float(w.abs().sum()))
    score, shift = sum(scores) / draws, sum(shifts) / draws
    return {"dimension": d, "score": score, "shift": shift, "ratio": shift / score}


def _sum(weights: tuple[int, ...], inputs: tuple[int, ...]) -> str:
    return " + ".join(f"{w}·{x}" if w >= 0 and x >= 0 else f"({w})·({x})" for w, x in zip(weights, inputs, strict=True))


def _round(value: torch.Tensor) -> float:
    return round(float(value), 9) + 0.0
