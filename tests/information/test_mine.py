"""Information that is known: normal pairs, monotone maps of them, symbols; and what one bridge cannot see."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.information import mine
from sparring.information._mine import _bound, _measured
from sparring.information._statistic import shares


def pairs(rho: float, d: int, n: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    x, e = (torch.randn(n, d, generator=draw) for _ in range(2))
    return x, rho * x + math.sqrt(1 - rho**2) * e


def truth(rho: float, d: int) -> float:
    return -d / 2 * math.log(1 - rho**2)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_two_normal_columns(rho):
    """G28: −log(1 − ρ²) nats of two pairs; the interval holds the noise of the held-out samples."""
    x, y = pairs(rho, 2, 8000)
    found = mine(x, y, bridges=2, steps=200, batch_size=256, width=16, lr=0.01)
    assert found.nats == pytest.approx(truth(rho, 2), abs=0.06)
    assert found.interval[0] < found.nats < found.interval[1]
    assert sum(found.terms) == pytest.approx(found.nats)
    assert (found.n, found.bridges) == (1600, 2)


@pytest.mark.parametrize("bridges", [1, 2])
def test_with_exact_nets_the_estimate_and_its_interval_are_those_of_the_formulas(bridges):
    """T_k = log p_k / p_(k+1) of normal pairs: −½ log(1 − ρ²) nats, whose logarithm has the variance ρ² over pairs.

    Each mean of e^T adds χ²(p_k ‖ p_(k+1)) / n; the sum of the bounds that choose is Σ KL(p_k ‖ p_(k+1)).
    """
    n, rho, alpha = 40_000, 0.5, shares(bridges)
    laws = rho * alpha.double()

    def log_density(u: Tensor, r: Tensor) -> Tensor:
        x, y = u.double().unbind(1)
        return -(x**2 - 2 * r * x * y + y**2) / (2 * (1 - r**2)) - (1 - r**2).log() / 2

    def net(u: Tensor) -> Tensor:
        return torch.stack([log_density(u[k], laws[k]) - log_density(u[k], laws[k + 1]) for k in range(bridges)], 1)

    found = _measured(net, *pairs(rho, 1, n), alpha, 7, torch.Generator().manual_seed(0))
    near, far = (torch.stack([1 + each, 1 - each]) for each in (laws[:-1], laws[1:]))  # variances along both diagonals
    chi = (far.sqrt() / near / (2 / near - 1 / far).sqrt()).prod(0) - 1
    error = math.sqrt((rho**2 + float(chi.sum())) / n)
    assert found.nats == pytest.approx(truth(rho, 1), abs=3 * error)
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * 1.96 * error, rel=0.05)
    assert found.interval[1] + found.interval[0] == pytest.approx(2 * found.nats)
    divergence = ((near / far - 1 - (near / far).log()) / 2).sum()
    assert _bound(net, *pairs(rho, 1, n), alpha) == pytest.approx(float(divergence), abs=3 * error)


def test_maps_that_rise_change_nothing():
    """To the last digit, since only ranks are looked at; so do scale and outliers."""
    x, y = pairs(0.8, 1, 600)
    options = {"bridges": 2, "steps": 20, "batch_size": 64, "width": 4}
    plain, bent = mine(x, y, **options), mine(x.double().exp(), 1e6 * y.double() ** 3, **options)
    assert bent.nats == pytest.approx(plain.nats, abs=1e-4)


def test_symbols():
    """One of four, and the same again in three of four cases, else any; as columns of 0 and 1."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randint(4, (12_000, 1), generator=draw)
    y = torch.where(torch.rand(12_000, 1, generator=draw) < 0.75, x, torch.randint(4, (12_000, 1), generator=draw))
    own, other = 0.75 + 0.0625, 0.0625
    exact = math.log(4) + own * math.log(own) + 3 * other * math.log(other)
    x, y = (torch.nn.functional.one_hot(each[:, 0], 4) for each in (x, y))
    found = mine(x, y, bridges=1, steps=200, batch_size=256, width=16, lr=0.02)
    assert found.nats == pytest.approx(exact, abs=0.06)
    assert found.bits == pytest.approx(found.nats / math.log(2))


def test_the_seed_decides_and_the_global_generator_is_left_as_found():
    x, y = pairs(0.5, 1, 300)
    state = torch.get_rng_state()
    options = {"bridges": 1, "steps": 20, "batch_size": 32, "width": 4}
    one, two, other = (mine(x, y, seed=seed, **options) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert one == two != other


def test_it_tells_how_far_it_is_and_stops_where_nothing_gets_better():
    """Pairs without information: the bound at samples not trained on falls, so the first nets are the best."""
    x, y = torch.randn(400, 8), torch.randn(400, 8)
    looks = []
    options = {"bridges": 1, "steps": 400, "batch_size": 128, "width": 16, "lr": 0.01}
    found = mine(x, y, progress=lambda *told: looks.append(told), **options)
    assert [look for look, _ in looks] == list(range(1, len(looks) + 1))
    assert len(looks) < 20
    assert found.step < 400
    assert abs(found.nats) < 0.5


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        (torch.rand(300, 1), torch.rand(200, 1), {}, "as many rows of x and y"),
        (torch.rand(100, 1), torch.rand(100, 1), {}, "at least 200, got 100"),
        (torch.full((300, 1), math.nan), torch.rand(300, 1), {}, "finite rows .* as x"),
        (torch.rand(300, 1), torch.rand(()), {}, "finite rows .* as y"),
        (torch.rand(300, 1), torch.rand(300, 1), {"bridges": 0}, "bridges >= 1"),
        (torch.rand(300, 1), torch.arange(300)[:, None] % 4, {}, "of y whose values seldom .* 4 values in 300 rows"),
        (torch.rand(300, 1), torch.rand(300, 1), {"steps": 3}, "steps >= 20"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(x, y, options, words):
    with pytest.raises(InputError, match=words):
        mine(x, y, **options)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_twenty_normal_columns_to_a_tenth_of_a_nat(rho):
    """Issue 6, G28: 0, 2.88 and 16.61 nats, of 400,000 pairs."""
    found = mine(*pairs(rho, 20, 400_000))
    assert found.nats == pytest.approx(truth(rho, 20), abs=0.1)


@pytest.mark.slow
def test_five_symbols():
    """3.49 nats of 20 columns of 0 and 1 a side, on one bridge."""
    draw = torch.Generator().manual_seed(3)
    x = torch.randint(4, (200_000, 5), generator=draw)
    y = torch.where(torch.rand(x.shape, generator=draw) < 0.75, x, torch.randint(4, x.shape, generator=draw))
    exact = 5 * (math.log(4) + 0.8125 * math.log(0.8125) + 3 * 0.0625 * math.log(0.0625))
    x, y = (torch.nn.functional.one_hot(each, 4).flatten(1) for each in (x, y))
    assert mine(x, y, bridges=1).nats == pytest.approx(exact, abs=0.1)


@pytest.mark.slow
def test_one_bridge_does_not_see_across():
    """Plain MINE: of 16.61 nats it tells less than the logarithm of the strangers it is measured on, 11.3."""
    found = mine(*pairs(0.9, 20, 100_000), bridges=1)
    assert found.nats < math.log(4 * found.n)
