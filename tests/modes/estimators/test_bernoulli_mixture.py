"""Patterns come apart: each part of the mixture is one of them."""

from __future__ import annotations

import torch

from sparring.data import Dataset
from sparring.modes import mode_figures
from sparring.modes.estimators.bernoulli_mixture import BernoulliMixture, _log_likelihood
from sparring.modes.problems.ring import Ring


def test_two_patterns_are_never_mixed() -> None:
    one, other = torch.eye(4).view(1, 1, 4, 4), (1 - torch.eye(4)).view(1, 1, 4, 4)
    data = Dataset(torch.cat([one, other]).repeat_interleave(torch.tensor([30, 90]), 0))
    made = BernoulliMixture(components=4, steps=20).fit(data)(2000, 0)
    first = (made == one).flatten(1).double().mean(1) > 0.9
    second = (made == other).flatten(1).double().mean(1) > 0.9
    assert (first | second).double().mean().item() > 0.99
    assert abs(first.double().mean().item() - 0.25) < 0.04


def test_the_likelihood_is_that_of_independent_bits() -> None:
    draw = torch.Generator().manual_seed(0)
    code, chance = (torch.rand(5, 7, generator=draw) < 0.5).float(), torch.rand(3, 7, generator=draw)
    exact = torch.distributions.Bernoulli(chance).log_prob(code[:, None]).sum(2)
    torch.testing.assert_close(_log_likelihood(code, chance), exact)


def test_points_are_learned_bit_by_bit() -> None:
    problem = Ring()
    made = BernoulliMixture(components=60, steps=25).fit(problem.data(3000))(2500, 0)
    figures = mode_figures(problem.judge()(problem.unboxed(made)), 8)
    assert figures.captured == 8
    assert figures.quality > 0.25
