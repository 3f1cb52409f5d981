"""Twice the gradient minus the one before, on min max xy: in on a spiral, for one gradient a round."""

from __future__ import annotations

import torch

from sparring.registry import parse


def test_the_path_is_the_recurrence(bilinear):
    """w_{t+1} = w_t − η (2 v_t − v_{t−1}), v_{−1} = v_0: the first move is a plain one."""
    eta = 0.2
    toy = bilinear(eta)
    path = toy.path(parse("optimistic"), 60)
    turn = torch.tensor([[0, 1], [-1, 0]], dtype=torch.float64)  # v(w) = (y, −x)
    slopes = path @ turn.T
    before = torch.cat([slopes[:1], slopes[:-1]])
    torch.testing.assert_close(path[1:], (path - eta * (2 * slopes - before))[:-1], rtol=1e-12, atol=1e-14)
    assert float(path[-1].norm()) < 0.6 * float(path[0].norm())
    assert toy.asked == 120


def test_what_it_remembers_is_the_gradient_as_it_was_and_lies_on_the_table(bilinear):
    """Not the corrected one, which the optimizer was given; and it is in the state that is saved (G26)."""
    toy = bilinear(0.2)
    path = toy.path(parse("optimistic"), 3)
    assert sorted(toy.table.state()["memory"]) == ["optimistic/x/0", "optimistic/y/0"]
    assert float(toy.table.memory["optimistic/x/0"]) == float(path[2][1])
    assert float(toy.table.memory["optimistic/y/0"]) == -float(path[2][0])
