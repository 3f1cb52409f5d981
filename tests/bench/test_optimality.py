"""Optimality in closed form: the envelope itself, nothing found, half way, and what must not matter."""

from __future__ import annotations

import pytest
import torch

from sparring.bench._optimality import area, optimality
from sparring.errors import InputError

ENVELOPE = torch.tensor([0.0, 1.0, 2.0, 4.0])


def test_the_envelope_is_1_and_nothing_found_is_0() -> None:
    assert optimality(ENVELOPE, ENVELOPE) == 1
    nothing = torch.tensor([0.0, torch.inf, torch.inf, torch.inf])
    assert optimality(nothing, ENVELOPE) == pytest.approx(0)


def test_in_between_by_hand() -> None:
    """A* = 7/4, acc · d_max = 3, A = (0 + 2 + 3 + 4) / 4: 1 − (9/4 − 7/4) / (3 − 7/4) = 0.6."""
    assert optimality(torch.tensor([0.0, 2.0, 3.0, 4.0]), ENVELOPE) == pytest.approx(0.6)
    assert optimality(torch.tensor([0.0, 2.0, 3.0, 9.0]), ENVELOPE) == pytest.approx(0.6)


def test_the_area_is_that_under_the_curve() -> None:
    distance = torch.tensor([0.3, 0.8, torch.inf])
    grid = torch.linspace(0, 2, 200_001, dtype=torch.float64)
    curve = (distance[:, None] > grid).double().mean(0)
    assert area(distance, 2.0) == pytest.approx(float(torch.trapezoid(curve, grid)), abs=1e-4)


def test_the_order_of_samples_does_not_matter() -> None:
    distance, order = torch.tensor([0.0, 1.5, 2.5, torch.inf]), torch.tensor([2, 0, 3, 1])
    assert optimality(distance[order], ENVELOPE[order]) == pytest.approx(optimality(distance, ENVELOPE))


def test_nearer_than_the_envelope_is_no_more_than_1() -> None:
    assert optimality(ENVELOPE / 2, ENVELOPE) == 1


def test_an_envelope_of_one_distance() -> None:
    same = torch.tensor([2.0, 2.0])
    assert optimality(same, same) == 1
    assert optimality(torch.tensor([2.0, 3.0]), same) == 0.5


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(InputError, match="expected 4 distances"):
        optimality(torch.ones(3), ENVELOPE)
    with pytest.raises(InputError, match="above 0"):
        optimality(torch.ones(2), torch.full((2,), torch.inf))
