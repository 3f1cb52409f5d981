"""Two patterns in equal shares come out of its chains, and little else."""

from __future__ import annotations

import torch

from sparring.data import Dataset
from sparring.modes.estimators.rbm import Rbm


def test_chains_end_at_the_patterns() -> None:
    pattern = (torch.arange(16) % 2).float().view(1, 1, 4, 4)
    data = Dataset(torch.cat([pattern, 1 - pattern]).repeat(100, 1, 1, 1))
    made = Rbm(hidden=8, epochs=40, gibbs=200).fit(data)(400, 0)
    match = (made == pattern).flatten(1).double().mean(1)
    assert ((match > 0.85) | (match < 0.15)).double().mean().item() > 0.85
    assert 0.2 < (match > 0.5).double().mean().item() < 0.8
    assert torch.equal(made, Rbm(hidden=8, epochs=40, gibbs=200).fit(data)(400, 0))
