"""The game of one number: its discriminator finds p / (p + q), and its generator the density."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from sparring.data import load_data
from sparring.data.toy1d import PARTS, Toy1d
from sparring.games import Feed, Plan
from sparring.games import train as play
from sparring.gan import generate, recipe
from sparring.train import train
from sparring.train._curves import Curves, curves

GRID = np.linspace(0, 1, 2001)
TRUE = sum(share * norm.cdf((GRID - mean) / spread) for share, mean, spread in PARTS)
MEAN = sum(share * mean for share, mean, _ in PARTS)
SPREAD = math.sqrt(sum(share * (spread**2 + mean**2) for share, mean, spread in PARTS) - MEAN**2)


def distances(below) -> tuple[float, float]:
    """Return Kolmogorov's distance and Wasserstein's to the distribution of the data."""
    return float(np.abs(below - TRUE).max()), float(np.abs(below - TRUE).mean())


def reached(generator) -> tuple[float, float]:
    z = torch.special.ndtri((torch.arange(4000).double() + 0.5) / 4000)[:, None].float()
    numbers = np.sort(generate(generator, 4000, z=z)[:, 0].double().numpy())
    return distances(np.searchsorted(numbers, GRID, side="right") / 4000)


BROAD = distances(norm.cdf((GRID - MEAN) / SPREAD))
"""What a normal distribution of the same mean and variance has: 0.137 and 0.049."""


def played(text: str, rounds: int) -> Curves:
    data, unit = load_data("toy1d"), recipe(text)
    generator, discriminator = unit.build((1,))
    game = unit.game(generator, discriminator)
    table = unit.table(game)
    play(game, unit.rule, table, Feed(data, unit.batch_size, 0), Plan(rounds))
    return curves(unit.loss, table, data)


def off(moment: Curves, says) -> float:
    """Return how far `says` is from p / (p + q) by the exact p, on average over data and samples."""
    p = Toy1d().density(moment.x)
    best = p / (p + moment.made).clamp_min(1e-12)
    return float(((says - best).abs() * (p + moment.made) / 2).mean())


def test_against_a_generator_that_stands_the_discriminator_finds_the_best():
    """D = p / (p + q) within the smoothing of R1; ½ everywhere would be 0.39 off."""
    moment = played("toy1d(lr=1e-12, cooldown=0)", 60)
    assert off(moment, 0.5) > 0.3
    assert off(moment, moment.judged) < 0.35 * off(moment, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_recipe_reaches_the_density_and_its_best_is_chosen(seed):
    """Seeds 0 to 3 were 0.027 to 0.103 off by Kolmogorov's distance and 0.007 to 0.024 by Wasserstein's."""
    kolmogorov, wasserstein = reached(train("toy1d", "toy1d", images=2e5, seed=seed).generator)
    assert kolmogorov < BROAD[0]
    assert wasserstein < 0.6 * BROAD[1]
