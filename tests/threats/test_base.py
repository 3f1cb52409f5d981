"""What every threat promises, whatever its norm: inside ball and box, idempotent, nearest, no NaN."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparring.core.seeds import Streams
from sparring.errors import InputError
from sparring.registry import lookup, parse, show, units
from sparring.threats.base import SLACK, Threat, add_toward

NORMS = ("linf", "l2", "l1", "l0")
BOUNDS = ((0.0, 1.0), (-1.0, 1.0), (-0.3, 2.5), ((-2.0, 0.0, -1.0), (0.5, 3.0, 4.0)))
SHAPE = (3, 2, 2)


def make(norm: str, eps: float, bounds: object) -> Threat:
    unit = lookup(norm, "threat")(eps, bounds)  # type: ignore[call-arg]
    assert isinstance(unit, Threat)
    return unit


def originals(threat: Threat, n: int, dtype: torch.dtype, seed: int) -> Tensor:
    """Images all over the box, a third of their coordinates on its edges."""
    generator = torch.Generator().manual_seed(seed)
    low, high = threat.limits(torch.zeros(n, *SHAPE, dtype=dtype))
    x = threat.clip(
        torch.zeros(n, *SHAPE, dtype=dtype), low + torch.rand(n, *SHAPE, generator=generator).to(dtype) * (high - low)
    )
    edge = torch.rand(n, *SHAPE, generator=generator)
    return torch.where(edge < 1 / 6, low, torch.where(edge > 5 / 6, high, x))


cases = st.builds(
    lambda norm, eps, bounds: make(norm, max(1.0, round(eps * 10)) if norm == "l0" else eps, bounds),
    st.sampled_from(NORMS), st.sampled_from([1e-4, 0.01, 8 / 255, 0.3, 1.0, 5.0]), st.sampled_from(BOUNDS),
)  # fmt: skip
dtypes = st.sampled_from([torch.float64, torch.float32, torch.bfloat16, torch.float16])


def norm_of(threat: Threat, delta: Tensor) -> Tensor:
    """The norm, written again here in float64."""
    flat = delta.double().flatten(1)
    match threat.name():
        case "linf":
            return flat.abs().max(1).values
        case "l2":
            return flat.pow(2).sum(1).sqrt()
        case "l1":
            return flat.abs().sum(1)
    return (flat != 0).double().sum(1)


def assert_inside(threat: Threat, x: Tensor, z: Tensor) -> None:
    low, high = threat.limits(x)
    assert z.dtype == x.dtype
    assert bool(torch.isfinite(z).all())
    assert bool((z >= low).all())
    assert bool((z <= high).all())
    assert bool((norm_of(threat, z.double() - x.double()) <= threat.radius * (1 + SLACK)).all())
    assert bool(threat.contains(x, z).all())


@settings(max_examples=120, deadline=None)
@given(cases, dtypes, st.integers(0, 1000), st.sampled_from([1e-3, 0.1, 1.0, 30.0]))
def test_every_move_stays_in_ball_and_box(threat: Threat, dtype: torch.dtype, seed: int, size: float) -> None:
    """T9: in all norms and types, wherever the move starts and however long it is."""
    x = originals(threat, 6, dtype, seed)
    noise = torch.randn(6, *SHAPE, generator=torch.Generator().manual_seed(seed + 1)).to(dtype)
    z = (x + size * noise).to(dtype)
    streams = Streams(torch.arange(6))
    inside = threat.project(x, z)
    for moved in (inside, threat.sample(x, streams), threat.extreme(x, noise), threat.step(x, inside, noise, size)):
        assert_inside(threat, x, moved)


@settings(max_examples=60, deadline=None)
@given(cases, st.integers(0, 1000))
def test_projection_is_idempotent_and_leaves_the_inside_alone(threat: Threat, seed: int) -> None:
    x = originals(threat, 6, torch.float64, seed)
    z = x + torch.randn(6, *SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    once = threat.project(x, z)
    torch.testing.assert_close(threat.project(x, once), once, rtol=0, atol=1e-9)
    assert torch.equal(threat.project(x, x), x)


@settings(max_examples=60, deadline=None)
@given(cases.filter(lambda threat: threat.name() != "l0"), st.integers(0, 1000))
def test_projection_on_a_convex_set_never_spreads_points(threat: Threat, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = originals(threat, 8, torch.float64, seed)
    a, b = (x + torch.randn(8, *SHAPE, generator=generator, dtype=torch.float64) for _ in range(2))
    before = (a - b).flatten(1).norm(dim=1)
    after = (threat.project(x, a) - threat.project(x, b)).flatten(1).norm(dim=1)
    assert bool((after <= before + 1e-7).all())


@settings(max_examples=40, deadline=None)
@given(cases, st.integers(0, 1000))
def test_no_feasible_point_is_nearer_than_the_projection(threat: Threat, seed: int) -> None:
    """T10: clip-after-project would lose to some of these 200 points."""
    x = originals(threat, 1, torch.float64, seed)
    z = x + torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    nearest = threat.project(x, z)
    many = x.expand(200, *SHAPE)
    around = nearest + 0.2 * threat.radius * torch.randn(200, *SHAPE, dtype=torch.float64)
    others = torch.cat([threat.sample(many, Streams(torch.arange(200))), threat.project(many, around)])
    distance = (others - z).flatten(1).norm(dim=1)
    assert float((nearest - z).flatten(1).norm(dim=1)) <= float(distance.min()) + 1e-7


@pytest.mark.parametrize("norm", NORMS)
def test_a_zero_gradient_moves_nothing(norm: str) -> None:
    """T11: no division by the length of nothing."""
    threat = make(norm, 2.0, (0.0, 1.0))
    x = originals(threat, 4, torch.float32, 0)
    z = threat.sample(x, Streams(torch.arange(4)))
    zero = torch.zeros_like(x)
    assert torch.equal(threat.extreme(x, zero), x)
    torch.testing.assert_close(threat.step(x, z, zero, 1.0), z, rtol=0, atol=1e-6)


@pytest.mark.parametrize("norm", NORMS)
def test_subnormal_gradients_still_give_the_full_step(norm: str) -> None:
    """T11: a gradient of 1e-40 has a direction."""
    threat = make(norm, 2.0, (-9.0, 9.0))
    x = torch.zeros(2, 5)
    direction = torch.tensor([[1.0, -2.0, 4.0, 3.0, -5.0]]).repeat(2, 1)
    for move in (threat.extreme, lambda x, g: threat.step(x, x, g, 1.0)):
        torch.testing.assert_close(move(x, direction * 1e-40), move(x, direction), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("norm", NORMS)
def test_a_step_from_anywhere_is_about_the_original(norm: str) -> None:
    """T12: ten steps end inside the ball around x, not ten balls away."""
    threat = make(norm, 1.0, (-50.0, 50.0))
    x = z = torch.zeros(1, 6)
    gradient = torch.tensor([[3.0, -1.0, 2.0, 0.5, 4.0, -2.0]])
    for _ in range(10):
        z = threat.step(x, z, gradient, 0.7)
    assert_inside(threat, x, z)
    reach = float((gradient * threat.extreme(x, gradient)).sum())
    assert float((gradient * z).sum()) == pytest.approx(reach, rel=0.02)


@pytest.mark.parametrize("norm", NORMS)
def test_an_infinite_radius_leaves_the_box(norm: str) -> None:
    threat = make(norm, math.inf, (-1.0, 2.0))
    x = originals(threat, 5, torch.float32, 1)
    z = x + 3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    assert torch.equal(threat.project(x, z), z.clamp(-1, 2))
    assert bool(threat.contains(x, z.clamp(-1, 2)).all())
    gradient = z - x
    torch.testing.assert_close(threat.extreme(x, gradient), torch.where(gradient > 0, 2.0, -1.0), rtol=0, atol=1e-6)
    drawn = threat.sample(x, Streams(torch.arange(5)))
    assert bool(threat.contains(x, drawn).all())
    assert float(drawn.std()) > 0.5


@pytest.mark.parametrize("norm", NORMS)
def test_contains_sees_a_hair_outside(norm: str) -> None:
    eps = 2.0
    threat = make(norm, eps, (-5.0, 5.0))
    x = torch.zeros(3, 4, dtype=torch.float64)
    z = x.clone()
    z[:, 0] = {"l0": 1.0}.get(norm, eps)
    z[1, 0] *= 1 + 1e-5
    if norm == "l0":
        z[1, :3] = 1.0
    z[2, 1] = 5.0 + 1e-12
    assert threat.contains(x, z).tolist() == [True, False, False]


def test_bounds_per_channel_cut_each_channel() -> None:
    """T15."""
    threat = make("l2", 100.0, ((-1.0, 0.0), (0.0, 3.0)))
    x = torch.zeros(1, 2, 2, 2)
    assert threat.project(x, x + 9).flatten().tolist() == [0.0] * 4 + [3.0] * 4
    assert threat.project(x, x - 9).flatten().tolist() == [-1.0] * 4 + [0.0] * 4


def test_sampling_with_the_same_streams_does_not_depend_on_company() -> None:
    """T31: a sample's start is its own."""
    for norm in NORMS:
        threat = make(norm, 2.0, (0.0, 1.0))
        x = originals(threat, 6, torch.float32, 3)
        whole = threat.sample(x, Streams(torch.arange(6)))
        alone = torch.cat([threat.sample(x[i : i + 1], Streams(torch.arange(i, i + 1))) for i in range(6)])
        assert torch.equal(whole, alone)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_rounding_toward_x_never_lengthens_a_change(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, 5000, generator=generator).to(dtype)
    delta = 0.01 * torch.randn(1, 5000, generator=generator, dtype=torch.float64)
    moved = add_toward(x, delta).double() - x.double()
    assert bool((moved.abs() <= delta.abs() * (1 + 1e-9)).all())
    assert float((moved - delta).abs().max()) <= 1.01 * torch.finfo(dtype).eps


@pytest.mark.parametrize(
    ("norm", "eps", "bounds"),
    [
        ("linf", 0.0, (0.0, 1.0)), ("linf", -0.1, (0.0, 1.0)), ("linf", math.nan, (0.0, 1.0)), ("l2", True, (0.0, 1.0)),
        ("l2", "0.5", (0.0, 1.0)), ("l2", (0.1, 0.2), (0.0, 1.0)), ("linf", (), (0.0, 1.0)),
        ("linf", (0.1, 0.0), (0.0, 1.0)),
        ("l0", 0.5, (0.0, 1.0)), ("l0", (3.0, 2.0), (0.0, 1.0)), ("l1", 1.0, (1.0, 0.0)), ("l1", 1.0, (1.0, 1.0)),
        ("l1", 1.0, (0.0,)), ("l1", 1.0, [0.0, 1.0]), ("l1", 1.0, (0.0, math.inf)), ("l1", 1.0, (0.0, "1")),
        ("linf", 0.1, ((0.0, 0.0), (1.0, 0.0))), ("linf", 0.1, ((0.0, 0.0), (1.0, 1.0, 1.0))), ("linf", 0.1, ((), 1.0)),
    ],
)  # fmt: skip
def test_bad_radii_and_bounds_are_refused_in_one_line(norm: str, eps: object, bounds: object) -> None:
    with pytest.raises(InputError, match=r"^expected .* got .*") as caught:
        make(norm, eps, bounds)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_bounds_for_other_channels_are_refused() -> None:
    threat = make("l2", 1.0, ((0.0, 0.0), (1.0, 1.0)))
    with pytest.raises(InputError, match="one value a channel"):
        threat.project(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2))


@given(st.sampled_from(NORMS), st.floats(1, 1e6), st.sampled_from(BOUNDS))
def test_a_threat_is_its_text(norm: str, eps: float, bounds: object) -> None:
    threat = make(norm, eps, bounds)
    assert parse(show(threat)) == threat
    assert hash(parse(show(threat))) == hash(threat)


def test_every_threat_of_the_registry_is_tested_here() -> None:
    assert set(units("threat")) == set(NORMS)
