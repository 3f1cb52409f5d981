"""What all problems of normal modes have in common."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.modes import Problem
from sparring.registry import parse_as


@pytest.mark.parametrize("name", ["ring", "grid", "diagonal"])
def test_draws_are_the_seeds_and_not_those_of_the_training(name: str) -> None:
    problem = parse_as(Problem, name)
    before = torch.get_rng_state()
    one, other = problem.draw(10, 3)[0], problem.draw(10, 3)[0]
    assert torch.equal(one, other)
    assert not torch.equal(one, problem.draw(10, 4)[0])
    assert not torch.equal(problem.boxed(one), problem.data(10, 3).images())
    assert torch.equal(before, torch.get_rng_state())


def test_wrong_samples_are_refused() -> None:
    problem = parse_as(Problem, "ring")
    with pytest.raises(InputError, match=r"expected samples \(n, 2\) of ring, got \(5, 3\)"):
        problem.judge()(torch.zeros(5, 3))
    with pytest.raises(InputError, match="at least 1 sample"):
        problem.draw(0)
