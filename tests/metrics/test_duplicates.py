"""Duplicates and copies by hash: a memorizer is found, real pictures are not accused (E8)."""

from __future__ import annotations

import pytest
import torch

from sparring.data import load_data
from sparring.errors import InputError
from sparring.metrics import Seen
from sparring.metrics.duplicates import Duplicates
from sparring.metrics.features import levels_of
from sparring.registry import parse


def seen(images: torch.Tensor) -> Seen:
    return Seen(torch.zeros(len(images), 1), None, levels_of(images))


DIGITS = load_data("digits").pixels
TRAIN, OTHERS = DIGITS[::2], DIGITS[1::2]


def test_a_memorizer_is_found_and_real_digits_are_not() -> None:
    drawn = TRAIN[torch.randint(0, len(TRAIN), (400,), generator=torch.Generator().manual_seed(0))]
    duplicates, copies = Duplicates()(seen(drawn), seen(TRAIN))
    assert copies.value == 1
    assert duplicates.value > 0.25
    duplicates, copies = Duplicates()(seen(OTHERS), seen(TRAIN))
    assert duplicates.value < 0.03
    assert copies.value < 0.03


def test_a_copy_with_a_little_noise_is_still_a_copy() -> None:
    noisy = (TRAIN[:200] + 0.02 * torch.randn(200, 1, 8, 8, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    _, copies = Duplicates(bits=6)(seen(noisy), seen(TRAIN))
    assert copies.value > 0.8


def test_a_collapsed_generator_is_all_duplicates() -> None:
    duplicates, _ = Duplicates()(seen(OTHERS[:1].repeat(50, 1, 1, 1)), seen(TRAIN))
    assert duplicates.value == 1


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(n, c, h, w\)"):
        Duplicates()(Seen(torch.zeros(2, 1), None, torch.zeros(2, 4, dtype=torch.uint8)), seen(TRAIN))
    with pytest.raises(InputError, match=r"0\.\.20"):
        parse("duplicates(bits=21)")
