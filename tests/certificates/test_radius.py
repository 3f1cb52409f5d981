"""One certificate: exact on linear classifiers, a bound that holds, noise that is a sample's own."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest
import torch
from scipy.stats import binom, norm
from torch import Tensor

from sparring.certificates import certified_radius, lower_bound, prove
from sparring.certificates._radius import tally
from sparring.errors import InputError


def binary(w: Tensor, b: float) -> Callable[[Tensor], Tensor]:
    return lambda x: (x.flatten(1) @ w + b > 0).long()


@pytest.mark.parametrize("sigma", [0.1, 0.25, 0.5, 1.0])
def test_on_a_linear_classifier_the_radius_is_the_distance_to_the_plane_for_every_sigma(sigma: float) -> None:
    """T43: |w·x + b| / ‖w‖, whatever σ is, less what counting costs; never more."""
    w, draws, alpha = torch.randn(6, generator=torch.Generator().manual_seed(1)), 40_000, 0.001
    x = torch.rand(6, 6, generator=torch.Generator().manual_seed(2))
    x = x - (x @ w / w.dot(w))[:, None] * w  # onto the plane, then off it by a known distance
    for row, distance in enumerate([-2.0, -1.2, -0.5, 0.5, 1.2, 2.0]):
        truth = abs(distance) * sigma
        proof = prove(
            binary(w, 0.0), x[row] + distance * sigma * w / w.norm(), sigma, classes=2, draws=draws, alpha=alpha
        )
        assert proof.predicted == int(distance > 0)
        p = float(norm.cdf(abs(distance)))
        slack = sigma * 8 * sqrt(p * (1 - p) / draws) / float(norm.pdf(distance))  # 8 deviations of p, as a radius
        assert truth - slack < proof.radius < truth + 1e-6


def test_with_more_draws_the_radius_tends_to_the_distance_from_below() -> None:
    w = torch.tensor([3.0, -4.0])
    gaps = []
    for draws in (100, 10_000, 400_000):
        proof = prove(binary(w, 1.0), torch.tensor([0.2, 0.1]), 0.25, classes=2, draws=draws)
        gaps.append(abs(3 * 0.2 - 4 * 0.1 + 1) / 5 - proof.radius)
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[2] < 0.005


@pytest.mark.parametrize("sigma", [0.05, 0.3])
def test_with_several_classes_it_lies_between_the_bounds_of_a_linear_classifier(sigma: float) -> None:
    """P(A) ≤ min_j Φ(m_j / σ‖w_A − w_j‖), so the radius ≤ the true distance; P(A) ≥ 1 − Σ_j Φ(−m_j / …) from below."""
    generator = torch.Generator().manual_seed(3)
    weight, x = (
        torch.randn(5, 8, generator=generator, dtype=torch.float64),
        torch.rand(4, 8, generator=generator, dtype=torch.float64),
    )
    for image in x:
        scores = weight @ image
        best = int(scores.argmax())
        others = [j for j in range(5) if j != best]
        distances = torch.stack([(scores[best] - scores[j]) / (weight[best] - weight[j]).norm() for j in others])
        proof = prove(lambda z: (z @ weight.T).argmax(1), image, sigma, classes=5, draws=50_000)
        least = 1 - float(norm.cdf(-distances.numpy() / sigma).sum())
        assert proof.predicted == best
        if proof.radius is not None:
            assert proof.radius <= float(distances.min()) + 1e-9
        if least > 0.55:
            assert proof.radius is not None
            assert proof.radius >= sigma * norm.ppf(least - 0.02)


def test_the_bound_holds_as_often_as_it_says() -> None:
    """Coverage, exactly: the chance under Bin(n, p) of a bound above p is at most α, for p and n of all sizes."""
    for draws in (10, 100, 1000):
        for alpha in (0.001, 0.05):
            bounds = [lower_bound(k, draws, alpha) for k in range(draws + 1)]
            for p in (0.01, 0.3, 0.5, 0.77, 0.95, 0.999):
                wrong = sum(binom.pmf(k, draws, p) for k in range(draws + 1) if bounds[k] > p)
                assert wrong <= alpha + 1e-12
    assert sum(binom.pmf(k, 100, 0.8) for k in range(101) if lower_bound(k, 100, 0.05) > 0.8) > 0.02  # and not idle


@pytest.mark.slow
def test_the_bound_holds_over_many_repetitions_of_the_whole_procedure() -> None:
    w, x, alpha = torch.tensor([1.0]), torch.tensor([0.2]), 0.05
    truth = float(norm.cdf(0.2 / 0.25))
    wrong = sum(
        prove(binary(w, 0.0), x, 0.25, classes=2, draws=200, alpha=alpha, seed=s).share > truth for s in range(2000)
    )
    assert 0.02 * 2000 < wrong < (alpha + 4 * sqrt(alpha / 2000)) * 2000


def test_guess_and_proof_use_other_noise_and_a_seed_gives_fresh_noise() -> None:
    """T43: were they the same, a class that only the first copies prefer would be proven by them."""
    seen: list[Tensor] = []

    def spy(x: Tensor) -> Tensor:
        seen.append(x.clone())
        return torch.zeros(len(x), dtype=torch.int64)

    x = torch.rand(5)
    for seed in (0, 0, 1):
        prove(spy, x, 1.0, classes=2, guesses=40, draws=40, seed=seed)
    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[1], seen[3])
    for one, other in ((0, 1), (0, 4), (1, 5)):
        assert not (seen[one] == seen[other]).any()


def test_the_guess_is_not_changed_by_what_the_proof_sees() -> None:
    """Half and half: guesses and proofs go apart about half the time, and then nothing is proven."""
    coin = lambda x: (x[:, 0] > 0.5).long()  # noqa: E731
    proofs = [prove(coin, torch.tensor([0.5]), 1.0, classes=2, guesses=1, draws=501, seed=s) for s in range(60)]
    assert 10 < sum(p.most != p.predicted for p in proofs) < 50
    assert sum(p.radius is not None for p in proofs) <= 2


def test_more_copies_begin_with_the_same_ones() -> None:
    x, w = torch.rand(3), torch.tensor([1.0, 1.0, -2.0])
    few = tally(binary(w, 0.0), x, 0.5, 260, 2, 7)
    more = tally(binary(w, 0.0), x, 0.5, 300, 2, 7)
    assert (more >= few).all()
    assert int(more.sum()) == 300


def test_one_half_is_a_radius_of_zero_and_less_is_none() -> None:
    assert certified_radius(0.5, 0.25) == 0.0
    assert certified_radius(0.4999, 0.25) is None
    assert certified_radius(float(norm.cdf(1.5)), 0.5) == pytest.approx(0.75)


@pytest.mark.parametrize("wrong", [{"guesses": 0}, {"draws": 0}, {"alpha": 0.5}, {"alpha": 0.0}])
def test_what_makes_no_proof_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected guesses and draws"):
        prove(binary(torch.ones(2), 0.0), torch.ones(2), 0.25, classes=2, **wrong)  # type: ignore[arg-type]
