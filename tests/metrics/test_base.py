"""What every metric promises: any order gives the same, its figures are those it names, it asks for what it needs."""

from __future__ import annotations

import contextlib
import dataclasses
import math

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Figure, Metric, Seen
from sparring.registry import parse_as, units

NAMES = sorted(units("metric"))


def seen(n: int, seed: int) -> Seen:
    g = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (n, 1, 8, 8), generator=g, dtype=torch.uint8)
    features = (
        images.flatten(1).double() @ torch.randn(64, 6, generator=torch.Generator().manual_seed(9)).double() / 255
    )
    return Seen(features, features[:, :4].softmax(1), images)


@pytest.mark.parametrize("name", NAMES)
def test_order_and_rounding_decide_nothing(name: str) -> None:
    """G7: samples in another order, and features off by the rounding of float32, give the same to 1e-6."""
    metric = parse_as(Metric, name)
    samples, real = seen(60, 0), seen(70, 1)
    order = torch.randperm(60)
    other = samples.take(order)
    moved = Seen(other.features.float().double(), other.probabilities, other.images)
    for one, two in zip(
        metric(samples, real, seed=3), metric(moved, real.take(torch.randperm(70)), seed=3), strict=True
    ):
        assert two.value == pytest.approx(one.value, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_named_have_an_interval_and_count(name: str) -> None:
    metric = parse_as(Metric, name)
    figures = metric(seen(60, 0), seen(70, 1))
    assert tuple(figure.name for figure in figures) == metric.figures
    for figure in figures:
        assert figure.n == 60
        assert figure.better in ("lower", "higher", "real")
        assert figure.interval is not None
        assert figure.method
        low, high = figure.interval
        assert low <= figure.value <= high
        assert all(math.isfinite(value) for value in (low, high))


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_needs(name: str) -> None:
    metric = parse_as(Metric, name)
    samples, real = seen(60, 0), seen(70, 1)
    if metric.against != "nothing":
        with pytest.raises(InputError, match="real images"):
            metric(samples)
    if metric.needs != "features":
        with pytest.raises(InputError, match=f"expected {metric.needs}"):
            metric(Seen(samples.features), real)
    if metric.against != "nothing" and metric.needs == "features":
        with pytest.raises(InputError, match="one network"):
            metric(samples, Seen(real.features[:, :3]))


@pytest.mark.parametrize("name", NAMES)
def test_too_few_samples_are_refused_or_served(name: str) -> None:
    metric = parse_as(Metric, name)
    figures: tuple[Figure, ...] = ()
    with contextlib.suppress(InputError):
        figures = metric(seen(1, 0), seen(3, 1))
    assert all(math.isfinite(figure.value) for figure in figures)


def test_what_was_seen_is_checked() -> None:
    with pytest.raises(InputError, match="finite"):
        Seen(torch.tensor([[float("inf")]]))
    with pytest.raises(InputError, match=r"\(n, d\)"):
        Seen(torch.zeros(3))
    with pytest.raises(InputError, match="2 for 3 features"):
        Seen(torch.zeros(3, 1), torch.zeros(2, 4))
    assert Seen(torch.zeros(3, 1)).features.dtype == torch.float64


def test_radii_are_worked_out_once() -> None:
    one = seen(20, 0)
    first = one.radius(5)
    assert one.radius(5) is first
    assert torch.equal(one.radius(1), dataclasses.replace(one).radius(1))


def test_the_nearest_of_another_set_are_found_once_a_set() -> None:
    one, two, three = (Seen(torch.rand(6, 2, generator=torch.Generator().manual_seed(seed))) for seed in range(3))
    first = one.nearest(two)
    assert one.nearest(two) is first
    between = torch.cdist(one.features, three.features)
    assert torch.equal(one.nearest(three)[1], between.argmin(1))
    assert not torch.equal(first[0], one.nearest(three)[0])


def test_train_is_what_copies_are_looked_for_in() -> None:
    samples, real, train = seen(30, 0), seen(30, 1), seen(30, 0)
    for name in ("authenticity", "neighbors"):
        metric = parse_as(Metric, name)
        assert metric(samples, real, train=train)[0].value == 0
        assert metric(samples, real)[0].value > 0
    assert parse_as(Metric, "duplicates")(samples, real, train=train)[1].value == 1
    assert parse_as(Metric, "fid")(samples, real, train=train)[0].value > 0.01
