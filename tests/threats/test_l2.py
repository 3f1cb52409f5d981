"""L2 against a general solver (SLSQP), and the law of its draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from sparring.core.seeds import Streams
from sparring.threats.l2 import L2

CASES = [(seed, eps) for seed in range(6) for eps in (0.05, 0.4, 0.9, 1.4)]


def solve(x: np.ndarray, eps: float, value: object, slope: object) -> np.ndarray:
    """Minimize a smooth function over ball ∩ [0, 1]^d."""
    answer = optimize.minimize(
        value, x, jac=slope, method="SLSQP", bounds=[(0, 1)] * len(x), options={"ftol": 1e-12, "maxiter": 500},
        constraints={"type": "ineq", "fun": lambda p: eps**2 - ((p - x) ** 2).sum(), "jac": lambda p: -2 * (p - x)},
    )  # fmt: skip
    assert answer.status in (0, 8)  # 8: no further descent to be had at this precision
    return np.asarray(answer.x)


@pytest.mark.parametrize(("seed", "eps"), CASES)
def test_projection_agrees_with_a_general_solver(seed: int, eps: float) -> None:
    """T10 in L2: the nearest point of ball ∩ box, which clip-after-scaling is not."""
    draw = np.random.default_rng(seed)
    x, z = draw.choice([0.0, 0.1, 0.5, 0.95, 1.0], 5), draw.normal(0.5, 1.0, 5)
    exact = solve(x, eps, lambda p: ((p - z) ** 2).sum(), lambda p: 2 * (p - z))
    found = L2(eps).project(torch.tensor(x)[None], torch.tensor(z)[None])[0].numpy()
    np.testing.assert_allclose(found, exact, atol=1e-4)


@pytest.mark.parametrize(("seed", "eps"), CASES)
def test_extreme_agrees_with_a_general_solver(seed: int, eps: float) -> None:
    draw = np.random.default_rng(seed)
    x, g = draw.choice([0.0, 0.1, 0.5, 0.95, 1.0], 5), draw.normal(size=5)
    exact = solve(x, eps, lambda p: -(g * p).sum(), lambda p: -g)
    found = L2(eps).extreme(torch.tensor(x)[None], torch.tensor(g)[None])[0].numpy()
    assert (g * found).sum() == pytest.approx((g * exact).sum(), abs=1e-6)


def test_scaling_then_clipping_would_be_further_away() -> None:
    """T10: the point clip(x + ε d/‖d‖) is inside both, and not the nearest."""
    x, z = torch.tensor([[0.9, 0.5]]), torch.tensor([[1.5, 0.9]])
    found = L2(0.3).project(x, z)
    clipped = (x + 0.3 * (z - x) / (z - x).norm()).clamp(0, 1)
    assert float((found - z).norm()) < float((clipped - z).norm()) - 0.01
    assert float((found - x).norm()) == pytest.approx(0.3, rel=1e-6)


def test_a_point_inside_is_not_pushed_out_to_the_sphere() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        x, z = torch.full((1, 4), 0.5, dtype=dtype), torch.full((1, 4), 0.625, dtype=dtype)
        assert torch.equal(L2(0.2501).project(x, z), z)


def test_step_has_the_length_asked_for() -> None:
    x = torch.zeros(1, 2)
    moved = L2(1.0, (-5.0, 5.0)).step(x, x, torch.tensor([[30.0, 40.0]]), 0.5)
    torch.testing.assert_close(moved, torch.tensor([[0.3, 0.4]]))


def test_draws_are_uniform_in_the_ball() -> None:
    """T25: the radius follows u^{1/d}, the direction has no favorite coordinate."""
    d, eps = 4, 0.7
    x = torch.zeros(3000, d, dtype=torch.float64)
    drawn = L2(eps, (-9.0, 9.0)).sample(x, Streams(torch.arange(3000)))
    radius = drawn.norm(dim=1).numpy() / eps
    assert stats.kstest(radius, lambda r: np.clip(r, 0, 1) ** d).pvalue > 0.01
    assert stats.kstest(radius, stats.uniform.cdf).pvalue < 1e-6
    # A coordinate of a uniform direction on the sphere of R⁴ has (1 + c)/2 ~ Beta(3/2, 3/2).
    cosine = (drawn[:, 0] / drawn.norm(dim=1)).numpy()
    assert stats.kstest((1 + cosine) / 2, stats.beta(1.5, 1.5).cdf).pvalue > 0.01


def test_many_coordinates_at_the_box_still_use_the_whole_radius() -> None:
    """In 784 dimensions, most of them at an edge, as in a digit."""
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(20, 784, generator=generator) < 0.2).float()
    z = x + 0.5 * torch.randn(20, 784, generator=generator)
    length = (L2(1.5).project(x, z) - x).norm(dim=1)
    torch.testing.assert_close(length, torch.full((20,), 1.5), rtol=1e-5, atol=0)
