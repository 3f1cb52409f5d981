"""A hundred labels and many images without: VAT learns from both, the same net without it from the hundred alone."""

from __future__ import annotations

import statistics

import pytest

from sparring.data import load_data
from sparring.harden import Recipe, harden
from sparring.models import accuracy

SEEDS = 5
STUDENT = 2.776
"""The 97.5 % quantile of Student's t with 4 degrees of freedom."""


def interval(defense: str) -> tuple[float, float]:
    """The 95 % interval of the mean accuracy on the test digits, over seeds of weights, order and choice of labels."""
    recipe = Recipe(epochs=200, batch_size=64, evaluations=1, lr=5e-3)
    reached = []
    for seed in range(SEEDS):
        found = harden(
            "cnn(width=8)", "digits:train", "linf(0.1)", defense, recipe=recipe, labels=100, before=False, after=False,
            seed=seed,
        )  # fmt: skip
        reached.append(accuracy(found.net, load_data("digits:test")))
    mean, half = statistics.mean(reached), STUDENT * statistics.stdev(reached) / SEEDS**0.5
    return mean - half, mean + half


@pytest.mark.slow
def test_vat_beats_the_same_net_without_it_intervals_apart() -> None:
    assert interval("vat")[0] > interval("standard")[1]
