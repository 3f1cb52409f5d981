"""A net trained on noisy digits, once a session, and a net that is a plane."""

from __future__ import annotations

import pytest
from torch import nn

from sparring.data import Dataset, load_data
from sparring.models import fit
from sparring.registry import parse


@pytest.fixture(scope="session")
def noise_net() -> tuple[nn.Module, Dataset]:
    """A small net trained with fresh noise of σ = 0.25 at every look, and the test digits."""
    train = load_data("digits:train")
    noisy = parse("noisy(of=cnn(width=8), sigma=0.25)").build(train.shape, 10)  # type: ignore[attr-defined]
    fit(noisy, train, epochs=12)
    return noisy.net, load_data("digits:test")
