"""Minutes become images by the time that some rounds take; what looks cost is taken off first."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch

from sparring.core.group import one_process
from sparring.data import load_data
from sparring.errors import InputError
from sparring.gan import recipe
from sparring.train import _minutes

UNIT = recipe("gan(nets=dense(hidden=(8,), latent=4), batch_size=32)")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rounds take 2 seconds, once 50 as something else is done; a look takes 3."""
    times = iter(itertools.accumulate([0, 2, 1, 50, 1, 2, 1, 2, 1, 2, 9, 3], initial=0.0))
    next(times)
    monkeypatch.setattr(_minutes, "time", SimpleNamespace(perf_counter=lambda: next(times)))


def fitting(minutes: float, looks: int) -> int:
    return _minutes.fitting_images(
        UNIT, load_data("digits:train"), minutes, looks, None, one_process(), torch.device("cpu")
    )


def test_by_hand(clock):
    """4 rounds of 32 images in 2 s are 64 a second; of 120 s 20 looks take 60."""
    assert fitting(2, 20) == pytest.approx(64 * 60, rel=0.01)


def test_what_does_not_fit_is_told(clock):
    with pytest.raises(InputError, match="minutes for 20 rounds at least, got 1"):
        fitting(1, 20)
