"""The distance of Gaussians: closed forms, and what breaks matrix roots (G5)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.metrics import Moments, frechet_distance, frechet_influence


def normal(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def white(n: int, d: int, seed: int = 0) -> Tensor:
    """Return rows whose mean is 0 and whose covariance is the identity, exactly."""
    rows = normal(n, d, seed)
    rows = rows - rows.mean(0)
    return torch.linalg.solve_triangular(torch.linalg.cholesky(rows.T.cov()), rows.T, upper=False).T


def test_two_shifted_gaussians_are_as_far_as_their_means() -> None:
    """G5: N(μ, I) and N(0, I) are ‖μ‖² apart."""
    shift = torch.tensor([1.0, -2.0, 0.5, 0.0], dtype=torch.float64)
    found = frechet_distance(white(60, 4), white(90, 4, 1) + shift)
    assert found == pytest.approx(float(shift.square().sum()), abs=1e-10)


def test_diagonal_covariances_have_a_closed_form() -> None:
    """G5: Σ (σ₁ − σ₂)² + ‖μ‖² for diagonal covariances."""
    one, other = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([2.0, 0.5, 3.0]).double()
    found = frechet_distance(white(40, 3) * one, white(50, 3, 1) * other + 1)
    assert found == pytest.approx(float((one - other).square().sum()) + 3, abs=1e-10)


def test_against_the_root_by_eigenvectors() -> None:
    """Of full covariances, the trace of (S₁^½ S₂ S₁^½)^½ the long way."""
    x, y = normal(200, 6) @ normal(6, 6, 1), normal(150, 6, 2) @ normal(6, 6, 3) + 1
    s1, s2 = x.T.cov(), y.T.cov()
    values, vectors = torch.linalg.eigh(s1)
    half = vectors * values.sqrt() @ vectors.T
    root = torch.linalg.eigvalsh(half @ s2 @ half).sqrt().sum()
    apart = (x.mean(0) - y.mean(0)).square().sum()
    wanted = float(apart + s1.trace() + s2.trace() - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("n", [5, 30, 31, 32, 200])
@pytest.mark.parametrize("dead", [0, 4])
def test_a_set_is_nothing_from_itself(n: int, dead: int) -> None:
    """G5: FID(X, X) < 1e-6 for n below, at and above d = 30, with features that are always 0 as well."""
    x = 10 * normal(n, 30)
    x[:, :dead] = 0
    assert frechet_distance(x, x) < 1e-6
    assert frechet_distance(Moments().update(x), x) < 1e-6
    assert frechet_distance(x[torch.randperm(n)], x) < 1e-6


@pytest.mark.parametrize(("n", "m"), [(10, 10), (10, 200), (200, 10), (200, 40)])
def test_rank_deficient_sets_are_finite_symmetric_and_the_same_by_moments(n: int, m: int) -> None:
    """G5: n < d gives no NaN, no complex number, and the figure that the d × d covariances give."""
    x, y = normal(n, 40), normal(m, 40, 1) + 0.3
    found = frechet_distance(x, y)
    assert 0 < found < 1000
    assert frechet_distance(y, x) == pytest.approx(found, rel=1e-12)
    assert frechet_distance(Moments().update(x), Moments().update(y)) == pytest.approx(found, rel=1e-7)


@pytest.mark.parametrize("n", [5, 200])
def test_a_generator_that_makes_one_image_has_the_distance_of_a_point(n: int) -> None:
    """‖μ − p‖² + Tr S, with fewer samples than features and with more; the influences are finite."""
    x, point = torch.randn(n, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64), torch.ones(n, 8)
    want = float((x.mean(0) - 1).square().sum() + x.var(0).sum())
    assert frechet_distance(x, point) == pytest.approx(want, rel=1e-9)
    distance, of_real, of_samples = frechet_influence(x, point)
    assert distance == pytest.approx(want, rel=1e-9)
    assert bool(of_real.isfinite().all())
    assert float(of_samples.abs().max()) < 1e-9
    assert frechet_distance(point, point) == 0


def test_features_of_ten_decades_lose_nothing() -> None:
    """Where eigenvalues would round away, singular values are taken: the closed form holds to 1e-9 of the variance."""
    scale = torch.logspace(0, -8, 12, dtype=torch.float64)
    x, y = white(100, 12) * scale, white(100, 12, 1) * scale.flip(0)
    wanted = float((scale - scale.flip(0)).square().sum())
    assert frechet_distance(x, y) == pytest.approx(wanted, abs=1e-8 * float(scale.square().sum()))


def test_the_influence_is_the_derivative() -> None:
    """Adding weight to one sample moves the distance as its influence says: finite differences on repeated rows."""
    x, y = normal(25, 3), 1.5 * normal(30, 3, 1) + 0.5
    copies = 4000
    many = x.repeat(copies, 1)
    base, of_x, of_y = frechet_influence(many, y)
    assert base == pytest.approx(frechet_distance(many, y), rel=1e-10)
    for row in (0, 7):
        added = torch.cat([many, x[row].repeat(copies // 100, 1)])
        weight = (copies // 100) / (len(many) + copies // 100)
        assert (frechet_distance(added, y) - base) / weight == pytest.approx(float(of_x[row]), rel=0.01, abs=0.01)
    assert float(of_x.mean()) == pytest.approx(0, abs=1e-9)
    assert len(of_y) == 30


def test_what_has_no_distance_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 samples"):
        frechet_distance(normal(1, 3), normal(5, 3))
    with pytest.raises(InputError, match="3 columns and 4"):
        frechet_distance(normal(9, 3), normal(9, 4))
    with pytest.raises(InputError, match="finite"):
        frechet_distance(torch.full((2, 3), float("nan")), normal(9, 3))


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "scale"), [(0.3, 1.0), (0.2, 1.5), (0.0, 1.0)])
def test_the_jackknife_says_what_other_draws_give(shift: float, scale: float) -> None:
    """Deviation over 200 draws of both sets against what one draw says of it.

    Within a quarter where the sets differ; where they are of one kind at most 1.8 times too much, never too little.
    """
    values, said = [], []
    for draw in range(200):
        x, y = normal(400, 8, 2 * draw), scale * normal(300, 8, 2 * draw + 1) + shift
        value, of_x, of_y = frechet_influence(x, y)
        values.append(value)
        said.append(float((of_x.var() / 400 + of_y.var() / 300).sqrt()))
    ratio = float(torch.tensor(said).mean() / torch.tensor(values).std())
    assert (0.8 < ratio < 1.25) if shift or scale != 1 else (0.9 < ratio < 1.8)
