"""It finds modes that are normal: of the ring, all eight, and as closely as the truth."""

from __future__ import annotations

import pytest
import torch

from sparring.data import Dataset
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


def test_shares_and_deviations_of_parts_come_back() -> None:
    """A quarter at 0.7 ± 0.02, the rest at 0.3 ± 0.01."""
    e = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))
    x = torch.where(torch.arange(4000)[:, None] < 1000, 0.7 + 0.02 * e, 0.3 + 0.01 * e)
    made = GaussianMixture(components=2).fit(Dataset(x))(20_000, 0)
    far = made > 0.5
    assert far.double().mean().item() == pytest.approx(0.25, abs=0.015)
    assert made[far].std().item() == pytest.approx(0.02, rel=0.1)
    assert made[~far].std().item() == pytest.approx(0.01, rel=0.1)


def test_no_components_are_refused() -> None:
    with pytest.raises(InputError, match="expected components of gaussian_mixture >= 1, got 0"):
        GaussianMixture(components=0)
