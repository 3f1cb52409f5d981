"""The objectives against their formulas, at the ends of the range of floats and for few classes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sparring.attacks._objectives import OBJECTIVES, best_other, ce, dlr, margin, objective, prob_l1, prob_l2
from sparring.errors import InputError

LOGITS = torch.tensor([[1.0, 3.0, -2.0, 0.5], [0.0, -1.0, 4.0, 2.0]], dtype=torch.float64)
LABELS, TARGETS = torch.tensor([1, 0]), torch.tensor([3, 2])


def grad(name: str, logits: Tensor, labels: Tensor, targets: Tensor | None) -> Tensor:
    logits = logits.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(objective(name)(logits, labels, targets).sum(), logits)
    return slope


def test_cross_entropy_is_minus_log_probability() -> None:
    p = LOGITS.softmax(1)
    expected = [-math.log(p[0, 1]), -math.log(p[1, 0])]
    assert ce(LOGITS, LABELS, None).tolist() == pytest.approx(expected)
    assert ce(LOGITS, LABELS, TARGETS).tolist() == pytest.approx([math.log(p[0, 3]), math.log(p[1, 2])])


def test_margin_is_positive_exactly_on_success() -> None:
    assert margin(LOGITS, LABELS, None).tolist() == [-2.0, 4.0]
    assert margin(LOGITS, LABELS, TARGETS).tolist() == [-2.5, 2.0]
    tie = torch.tensor([[1.0, 1.0, 0.0]])
    assert margin(tie, torch.tensor([0]), None).tolist() == [0.0]


@pytest.mark.parametrize("shift", [-1e6, -2e4, 0.0, 1e6])
def test_best_other_logit_at_any_level(shift: float) -> None:
    """T5: a mask of −10,000 or 0 in place of −∞ would win when all logits are far below it."""
    logits = torch.tensor([[3.0, 1.0, 2.0]], dtype=torch.float64) + shift
    assert float(best_other(logits, torch.tensor([0]))) == 2.0 + shift
    assert float(margin(logits, torch.tensor([0]), None)) == pytest.approx(-1.0)
    assert float(margin(logits, torch.tensor([0]), torch.tensor([1]))) == pytest.approx(-2.0)


def test_dlr_formulas_untargeted_and_targeted() -> None:
    """Sorted: 3, 1, 0.5, −2 and 4, 2, 0, −1."""
    assert dlr(LOGITS, LABELS, None).tolist() == pytest.approx([(1 - 3) / (3 - 0.5), (4 - 0) / (4 - 0)])
    expected = [(0.5 - 3) / (3 - (0.5 - 2) / 2), (4 - 0) / (4 - (0 - 1) / 2)]
    assert dlr(LOGITS, LABELS, TARGETS).tolist() == pytest.approx(expected)


def test_dlr_does_not_see_shift_or_scale() -> None:
    for classes in (3, 4, 10):
        logits = torch.randn(5, classes, dtype=torch.float64, generator=torch.Generator().manual_seed(classes))
        labels, targets = torch.zeros(5, dtype=torch.int64), torch.ones(5, dtype=torch.int64)
        for aims in (None, targets) if classes > 3 else (None,):
            torch.testing.assert_close(dlr(1000 * logits - 7, labels, aims), dlr(logits, labels, aims))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("targeted", [False, True])
def test_dlr_with_two_and_three_classes(classes: int, targeted: bool) -> None:
    """T1: no third or fourth logit to ask for; the sign and the direction are still those of the margin."""
    logits = torch.tensor([[2.0, -1.0, 0.5][:classes], [-3.0, 4.0, 1.0][:classes]])
    labels, targets = torch.tensor([0, 0]), torch.tensor([1, 1]) if targeted else None
    values = dlr(logits, labels, targets)
    assert bool(torch.isfinite(values).all())
    assert (values > 0).tolist() == [False, True]
    slope = grad("dlr", logits, labels, targets)
    assert bool(torch.isfinite(slope).all())
    assert slope[0, 0] < 0
    assert bool((slope[0, 1:] > 0).any())
    if targeted:
        assert bool((slope[:, 1] > 0).all())


def test_dlr_for_three_classes_climbs_from_the_highest_to_the_lowest() -> None:
    """T1: without z_(4) the ratio would be −1 there, whatever the logits, and the attack would stand still."""
    logits = torch.tensor([[3.0, 1.0, -2.0]])
    slope = grad("dlr", logits, torch.tensor([0]), torch.tensor([2]))
    assert slope.tolist()[0] == pytest.approx([-1 / 3, 0, 1 / 3])


def test_dlr_for_two_classes_is_the_margin_over_the_scale() -> None:
    logits = torch.tensor([[2.0, -4.0]])
    assert float(dlr(logits, torch.tensor([0]), None)) == pytest.approx(-6 / 4)
    assert grad("dlr", logits, torch.tensor([0]), None).tolist()[0] == pytest.approx([-0.25, 0.25])


@pytest.mark.parametrize("name", ["margin", "dlr"])
def test_gradient_survives_confident_logits_where_cross_entropy_dies(name: str) -> None:
    """T4: at logits of 1,000 the float32 cross-entropy is 0 and so is its gradient."""
    logits, labels = torch.tensor([[1000.0, 0.0, -500.0, 3.0]]), torch.tensor([0])
    assert float(grad("ce", logits, labels, None).abs().max()) == 0.0
    assert float(grad(name, logits, labels, None).abs().max()) > 0.0


@pytest.mark.parametrize("name", sorted(OBJECTIVES))
def test_every_objective_rises_with_the_target_and_keeps_samples_apart(name: str) -> None:
    """T6, T34: the sign for a target, and a sum over samples, not a mean."""
    slope = grad(name, LOGITS, LABELS, TARGETS)
    assert bool((slope.gather(1, TARGETS[:, None]) > 0).all())
    alone = torch.cat([grad(name, LOGITS[i : i + 1], LABELS[i : i + 1], TARGETS[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(slope, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["ce", "margin", "dlr"])
def test_every_untargeted_objective_falls_with_the_label(name: str) -> None:
    slope = grad(name, LOGITS, torch.tensor([1, 3]), None)
    assert slope[0, 1] < 0
    assert slope[1, 3] < 0


def test_forging_losses_on_probabilities() -> None:
    p = LOGITS[:1].softmax(1)[0].tolist()
    gap = [p[0], p[1], p[2], p[3] - 1]
    target = TARGETS[:1]
    assert float(prob_l2(LOGITS[:1], LABELS[:1], target)) == pytest.approx(-0.5 * sum(v * v for v in gap))
    assert float(prob_l1(LOGITS[:1], LABELS[:1], target)) == pytest.approx(-sum(map(abs, gap)))
    with pytest.raises(InputError, match="expected a target class"):
        prob_l2(LOGITS, LABELS, None)


def test_unknown_loss_names_the_closest() -> None:
    with pytest.raises(InputError, match="did you mean 'margin'"):
        objective("margn")
