"""It shows what it has seen, in equal shares, and nothing else."""

from __future__ import annotations

import torch

from sparring.data import Dataset
from sparring.modes.estimators.memorizer import Memorizer


def test_every_sample_is_a_training_sample_and_all_come() -> None:
    data = Dataset(torch.rand(20, 3))
    made = Memorizer().fit(data)(2000, 1)
    same = (made[:, None] == data.pixels[None]).all(2)
    assert bool(same.any(1).all())
    assert (same.double().mean(0) - 0.05).abs().max() < 0.03
    assert torch.equal(made, Memorizer().fit(data)(2000, 1))
    assert not torch.equal(made, Memorizer().fit(data)(2000, 2))
