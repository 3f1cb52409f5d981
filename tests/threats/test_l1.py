"""L1 against a general solver and linear programming (T10), ties, and the law of its draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from sparring.core.seeds import Streams
from sparring.threats.l1 import L1

CASES = [(seed, eps) for seed in range(6) for eps in (0.05, 0.5, 1.2, 2.5)]


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.choice([0.0, 0.1, 0.5, 0.95, 1.0], 5), generator.normal(0.5, 1.0, 5)


@pytest.mark.parametrize(("seed", "eps"), CASES)
def test_projection_agrees_with_a_general_solver(seed: int, eps: float) -> None:
    """T10: ball ∩ box at once. Solved as a quadratic program in the positive and negative parts of δ."""
    x, z = draw(seed)
    d = z - x

    def value(parts: np.ndarray) -> float:
        return float(((parts[:5] - parts[5:] - d) ** 2).sum())

    def slope(parts: np.ndarray) -> np.ndarray:
        rest = 2 * (parts[:5] - parts[5:] - d)
        return np.concatenate([rest, -rest])

    answer = optimize.minimize(
        value, np.zeros(10), jac=slope, method="SLSQP", bounds=[*((0, r) for r in 1 - x), *((0, r) for r in x)],
        constraints={"type": "ineq", "fun": lambda p: eps - p.sum(), "jac": lambda p: -np.ones(10)},
        options={"ftol": 1e-12, "maxiter": 500},
    )  # fmt: skip
    assert answer.status in (0, 8)  # 8: no further descent to be had at this precision
    found = L1(eps).project(torch.tensor(x)[None], torch.tensor(z)[None])[0].numpy()
    np.testing.assert_allclose(found, x + answer.x[:5] - answer.x[5:], atol=1e-4)


@pytest.mark.parametrize(("seed", "eps"), CASES)
def test_extreme_agrees_with_linear_programming(seed: int, eps: float) -> None:
    x, g = draw(seed)
    answer = optimize.linprog(
        np.concatenate([-g, g]), A_ub=np.ones((1, 10)), b_ub=[eps],
        bounds=[*((0, r) for r in 1 - x), *((0, r) for r in x)],
    )  # fmt: skip
    found = L1(eps).extreme(torch.tensor(x)[None], torch.tensor(g)[None])[0].numpy()
    assert (g * (found - x)).sum() == pytest.approx(-answer.fun, abs=1e-9)


def test_projecting_on_the_ball_and_clipping_would_be_another_point() -> None:
    """T10: the budget that the box refuses goes to the other coordinates."""
    x, z = torch.tensor([[0.9, 0.0, 0.0]]), torch.tensor([[2.0, 0.6, 0.5]])
    torch.testing.assert_close(L1(1.0).project(x, z), torch.tensor([[1.0, 0.5, 0.4]]))


def test_ties_share_or_take_turns_but_spend_exactly_eps() -> None:
    x = torch.zeros(1, 4)
    torch.testing.assert_close(L1(1.0).project(x, x + 0.8), x + 0.25)
    spent = L1(1.5).extreme(x, torch.ones(1, 4))
    assert float(spent.sum()) == pytest.approx(1.5)
    assert float(spent.max()) == 1.0


def test_step_moves_by_its_size_and_reaches_the_best_vertex() -> None:
    threat = L1(1.0, (-5.0, 5.0))
    x = torch.zeros(1, 3)
    gradient = torch.tensor([[1.0, -3.0, 2.0]])
    once = threat.step(x, x, gradient, 0.25)
    torch.testing.assert_close(once, torch.tensor([[0.0, -0.25, 0.0]]))
    torch.testing.assert_close(threat.step(x, once, gradient, 9.0), torch.tensor([[0.0, -1.0, 0.0]]))


def test_draws_are_uniform_in_the_cross_polytope() -> None:
    """T25: Σ|δ| follows u^{1/d}; signs are fair; a coordinate's share is Beta(1, d − 1)."""
    d, eps, n = 4, 2.0, 3000
    drawn = L1(eps, (-9.0, 9.0)).sample(torch.zeros(n, d, dtype=torch.float64), Streams(torch.arange(n)))
    total = drawn.abs().sum(1)
    assert stats.kstest((total / eps).numpy(), lambda r: np.clip(r, 0, 1) ** d).pvalue > 0.01
    share = (drawn[:, 1].abs() / total).numpy()
    assert stats.kstest(share, stats.beta(1, d - 1).cdf).pvalue > 0.01
    assert stats.binomtest(int((drawn > 0).sum()), n * d).pvalue > 0.01


def test_many_coordinates_at_the_box_still_use_the_whole_radius() -> None:
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(20, 784, generator=generator) < 0.2).float()
    z = x + 0.5 * torch.randn(20, 784, generator=generator)
    length = (L1(12.0).project(x, z) - x).abs().sum(1)
    torch.testing.assert_close(length, torch.full((20,), 12.0), rtol=1e-5, atol=0)
