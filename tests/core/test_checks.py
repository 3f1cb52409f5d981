"""The checks themselves: what they let through, to the last rounding, and what they name."""

from __future__ import annotations

import pytest
import torch

from sparring.core.checks import (
    check_images,
    check_labels,
    check_levels,
    check_logits,
    check_not_probabilities,
    check_targets,
    looks_like_probabilities,
)
from sparring.errors import InputError
from sparring.threats.linf import Linf

UNIT = Linf(0.1).limits


def test_images_come_back_without_a_graph() -> None:
    x = torch.rand(2, 3).requires_grad_(True)
    checked = check_images(x * 0.5, UNIT)
    assert not checked.requires_grad
    assert torch.equal(checked, x * 0.5)


def test_an_ulp_outside_the_box_passes_and_a_thousandth_does_not() -> None:
    """T15."""
    ulp = torch.nextafter(torch.ones(1, 2), torch.tensor(2.0))
    assert torch.equal(check_images(ulp, UNIT), ulp)
    with pytest.raises(InputError, match=r"got \[1.00100005, 1.00100005\] \(1 of 1 images outside\)"):
        check_images(torch.full((1, 2), 1.001), UNIT)


def test_each_channel_is_held_to_its_own_bounds() -> None:
    limits = Linf(0.1, ((0.0, -1.0), (1.0, 0.0))).limits
    x = torch.tensor([0.5, -0.5]).view(1, 2, 1, 1)
    check_images(x, limits)
    with pytest.raises(InputError, match="1 of 1 images outside"):
        check_images(x.flip(1), limits)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused_with_a_way_out(dtype: torch.dtype) -> None:
    with pytest.raises(InputError, match=r"got torch.b?float16: use x.float\(\)$"):
        check_images(torch.zeros(1, 2, dtype=dtype), UNIT)


def test_labels_of_unknown_classes_are_checked_as_far_as_can_be() -> None:
    check_labels(torch.tensor([7, -3]), 2, None)
    with pytest.raises(InputError, match="expected labels as integers"):
        check_labels(torch.tensor([1.0]), 1, None)
    with pytest.raises(InputError, match="expected 3 targets, one an image"):
        check_labels(torch.tensor([1]), 3, None, "targets")
    with pytest.raises(InputError, match=r"\(2 of 3 out of range\)"):
        check_labels(torch.tensor([0, 5, -1]), 3, 5)


def test_logits_need_two_classes_a_row_each_and_finite_numbers() -> None:
    check_logits(torch.zeros(2, 2), 2)
    for bad in (torch.zeros(2), torch.zeros(2, 1), torch.zeros(3, 2), torch.zeros(2, 2, 2), [0.0]):
        with pytest.raises(InputError, match=r"expected logits of shape \(2, classes >= 2\)"):
            check_logits(bad, 2)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="1 of 2 images, first 1"):
        check_logits(torch.tensor([[0.0, 1.0], [0.0, torch.inf]]), 2)


def test_probabilities_are_told_from_logits() -> None:
    """T3: rows that sum to 1 and are not negative; twice, since once may be chance."""
    soft = torch.randn(4, 5).softmax(1)
    assert looks_like_probabilities(soft)
    assert not looks_like_probabilities(soft.log())
    assert not looks_like_probabilities(torch.tensor([[1.5, -0.5]]))
    check_not_probabilities(soft, lambda: soft * 2)
    with pytest.raises(InputError, match="got probabilities"):
        check_not_probabilities(soft, lambda: soft)


def test_levels_and_targets() -> None:
    """T14, T34."""
    check_levels(torch.arange(256)[None].float() / 255)
    with pytest.raises(InputError, match="1 of 2"):
        check_levels(torch.tensor([[0.0, 1.0], [0.001, 1.0]]))
    check_targets(torch.tensor([1, 0]), torch.tensor([0, 1]))
    with pytest.raises(InputError, match=r"got target 1 = label at image 1 \(1 of 2\)"):
        check_targets(torch.tensor([1, 1]), torch.tensor([0, 1]))
