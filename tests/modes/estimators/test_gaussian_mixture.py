"""It finds modes that are normal: of the ring, all eight, and as closely as the truth."""

from __future__ import annotations

import pytest

from sparring.errors import InputError
from sparring.modes import mode_figures
from sparring.modes.estimators.gaussian_mixture import GaussianMixture
from sparring.modes.problems.ring import Ring


def test_the_ring_is_a_mixture_of_eight() -> None:
    problem = Ring()
    made = GaussianMixture(components=8).fit(problem.data(2000))(2500, 0)
    figures = mode_figures(problem.judge()(problem.unboxed(made)), 8)
    assert figures.captured == 8
    assert figures.quality > 0.975
    assert figures.kl < 0.01


def test_no_components_are_refused() -> None:
    with pytest.raises(InputError, match="expected components of gaussian_mixture >= 1, got 0"):
        GaussianMixture(components=0)
