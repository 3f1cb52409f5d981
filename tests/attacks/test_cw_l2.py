"""Carlini and Wagner's L2 attack against exact distances on linear models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._objectives import margin
from sparring.attacks._search import Search
from sparring.attacks.cw_l2 import CWL2
from sparring.core.seeds import Streams, sample_keys
from sparring.errors import InputError
from sparring.threats.l2 import L2
from sparring.victims.base import Ledger


@pytest.mark.parametrize("targeted", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("classes", [pytest.param(2, marks=pytest.mark.slow), 5])
@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
def test_within_two_percent_of_the_exact_distance(
    linear: Callable[..., object], classes: int, targeted: bool, biting: bool
) -> None:
    problem = linear(classes, biting=biting)
    found = sparring.attack(
        problem.net,
        problem.x,
        problem.y,
        "cw_l2(steps=80, search_steps=6)",
        targets=problem.targets if targeted else None,
    )
    assert found.success.all()
    ratio = found.distance / problem.nearest("l2", targeted)
    assert (ratio > 1 - 1e-4).all()
    assert (ratio < 1.02).all(), ratio


@pytest.mark.parametrize(
    ("shape", "bounds", "dtype"),
    [
        pytest.param((16,), (-3.0, 2.0), torch.float32, marks=pytest.mark.slow),
        ((3, 2, 3), (0.0, 255.0), torch.float32),
        ((5,), (0.0, 1.0), torch.float64),
    ],
)
def test_any_shape_bounds_and_precision(
    linear: Callable[..., object], shape: tuple[int, ...], bounds: tuple[float, float], dtype: torch.dtype
) -> None:
    problem = linear(3, shape, bounds=bounds, dtype=dtype)
    found = sparring.attack(
        problem.net, problem.x, problem.y, "cw_l2(steps=80, search_steps=6)", L2(eps=float("inf"), bounds=bounds)
    )
    ratio = found.distance / problem.nearest("l2")
    assert (ratio < 1.02).all(), ratio


def search_on(net: nn.Module, x: Tensor, y: Tensor) -> Search:
    return Search(
        net, x, y, None, L2(eps=float("inf")), Ledger(len(x)), Streams(sample_keys(x, 0)),
        classes=net(x).shape[1], minimal=True, active=torch.ones(len(x), dtype=torch.bool),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("first", [None, 0.01])
def test_finds_the_best_constant(linear: Callable[..., object], first: float | None) -> None:
    """T23: ‖δ‖² + c · f has its minimum on the boundary at c = 2 · gap / ‖w‖², for each sample its own."""
    problem = linear(2, biting=False)
    best = []
    for i in range(len(problem.x)):
        a, gap = problem.planes(i, False)[0]
        best.append(float(2 * gap[0] / (a[0] @ a[0])))
    bracket = CWL2(steps=400, c=first).bisect(search_on(problem.net, problem.x, problem.y), margin, 12)
    assert (bracket.failed < bracket.worked).all()
    assert torch.allclose(bracket.worked.double(), torch.tensor(best, dtype=torch.float64), rtol=0.01)


def test_black_and_white_pixels_move() -> None:
    """T16: an image of zeros and ones alone, of which each pixel must change."""
    x = torch.tensor([[0.0, 1.0, 0.0, 1.0]])
    net = nn.Linear(4, 2).requires_grad_(False)
    net.weight.copy_(torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 1.0, -1.0]]))
    net.bias.copy_(torch.tensor([0.0, 1.2]))  # class 1 needs every pixel to move by 0.2
    found = sparring.attack(net, x, torch.tensor([0]), "cw_l2")
    assert found.success.all()
    assert (found.images - x).abs().flatten().tolist() == pytest.approx([0.2] * 4, abs=0.01)


@pytest.mark.slow
def test_hard_and_easy_samples_get_their_own_pace(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T24, T31: alone or in company, in any order, a sample finds the same distance."""
    net, x, y = digits_net
    x, y = x[:12], y[:12]
    whole = sparring.attack(net, x, y, "cw_l2(steps=30, search_steps=4)")
    order = torch.arange(11, -1, -1)
    turned = sparring.attack(net, x[order], y[order], "cw_l2(steps=30, search_steps=4)", batch_size=5)
    assert torch.allclose(whole.distance, turned.distance[order], rtol=1e-3)


def test_confidence_is_a_margin_that_must_be_had(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:16], y[:16], "cw_l2(steps=40, search_steps=5, confidence=3)")
    rest = found.logits.scatter(1, y[:16, None], -torch.inf).amax(1) - found.logits.gather(1, y[:16, None])[:, 0]
    assert found.success.all()
    assert (rest > 3).all()
    assert rest.median() < 3.2
    plain = sparring.attack(net, x[:16], y[:16], "cw_l2(steps=40, search_steps=5)")
    assert (found.distance > plain.distance).all()


def test_only_images_inside_a_finite_radius_count(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    free = sparring.attack(net, x[:40], y[:40], "cw_l2(steps=40, search_steps=5)")
    radius = float(free.distance.median())
    held = sparring.attack(net, x[:40], y[:40], "cw_l2(steps=40, search_steps=5)", f"l2({radius})")
    assert torch.equal(held.success, free.distance <= radius * (1 + 1e-6))


def test_never_spends_more_than_the_budget_or_than_it_says(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T37."""
    net, x, y = digits_net
    attack = sparring.parse("cw_l2(steps=20, search_steps=3)")
    spent = sparring.attack(net, x[:8], y[:8], attack, fast=False)
    assert int((spent.forwards + spent.backwards).max()) <= 3 + attack.passes(10)
    tight = sparring.attack(net, x[:8], y[:8], attack, budget=31, fast=False)
    assert int((tight.forwards + tight.backwards).max()) <= 31


def test_a_model_without_slope_is_left_in_peace() -> None:
    """T11: a gradient of zero makes no NaN and no success."""
    net = nn.Linear(4, 2).requires_grad_(False)
    net.weight.zero_()
    net.bias.copy_(torch.tensor([2.0, 0.0]))
    with pytest.warns(sparring.errors.SparringWarning):
        found = sparring.attack(net, torch.rand(3, 4), torch.zeros(3, dtype=torch.int64), "cw_l2(steps=30)")
    assert not found.success.any()


def test_scale_of_the_logits_does_not_matter(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T4: logits × 1000 saturate cross-entropy; the margin and a constant taken from its slope do not mind."""
    net, x, y = digits_net
    plain = sparring.attack(net, x[:16], y[:16], "cw_l2(steps=30, search_steps=4)")
    loud = sparring.attack(lambda z: 1000 * net(z), x[:16], y[:16], "cw_l2(steps=30, search_steps=4)")
    assert torch.allclose(plain.distance, loud.distance, rtol=0.02)


@pytest.mark.parametrize(
    "text", ["cw_l2(steps=0)", "cw_l2(search_steps=0)", "cw_l2(lr=0)", "cw_l2(c=-1)", "cw_l2(confidence=-1)"]
)
def test_fields_out_of_range(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)
