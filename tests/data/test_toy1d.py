"""One number a sample: parts, and a density that the samples have."""

from __future__ import annotations

import numpy as np
import torch
from scipy import integrate, stats

from sparring.data import load_data
from sparring.data.toy1d import Toy1d


def test_parts_add_up_and_do_not_overlap():
    unit = Toy1d()
    whole, train, test = unit.read(None), unit.load("train"), unit.load("test")
    assert (len(whole[0]), len(train), len(test)) == (20_000, 16_000, 4_000)
    assert torch.equal(torch.cat([train.pixels, test.pixels]).sort(0).values, whole[0].sort(0).values)
    assert load_data("toy1d").name == "toy1d:train"
    assert train.shape == (1,)


def test_the_samples_have_the_density_that_is_told():
    """Kolmogorov's test of 20,000 samples, which would tell a shift of a hundredth."""
    grid = torch.linspace(0, 1, 4001, dtype=torch.float64)
    below = integrate.cumulative_trapezoid(Toy1d().density(grid).numpy(), grid.numpy(), initial=0)
    numbers = Toy1d().read(None)[0][:, 0].double().numpy()
    found, shifted = (stats.kstest(each, lambda x: np.interp(x, grid, below)) for each in (numbers, numbers + 0.01))
    assert found.pvalue > 0.05
    assert shifted.pvalue < 1e-6


def test_the_density_is_one_in_all():
    mass, _ = integrate.quad(lambda x: float(Toy1d().density(torch.tensor(x, dtype=torch.float64))), 0, 1)
    assert 0.9999 < mass < 1


def test_labels_are_the_two_bumps():
    x, y = load_data("toy1d").take()
    assert abs(float((y == 0).double().mean()) - 0.4) < 0.02
    assert abs(float(x[y == 0].mean()) - 0.32) < 0.005
    assert abs(float(x[y == 1].mean()) - 0.68) < 0.005


def test_it_is_the_same_every_time_and_leaves_the_generator():
    state = torch.get_rng_state()
    assert load_data("toy1d").checksum == load_data("toy1d:train").checksum
    assert torch.equal(torch.get_rng_state(), state)
